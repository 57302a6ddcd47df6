"""Attacks that were tried on the table: what each of them must find shut."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from negotiation.errors import CannotShape, InvalidFile, InvalidInput, NotShared
from negotiation.rules.trame import read_trame
from negotiation.rules.vocabulary import AUTHORITIES, Gesture, Move, PartKind, Role
from negotiation.services.adding import NewPart, add_part
from negotiation.services.inside_parts import delete_inside, share_part, write_working
from negotiation.services.members import checked_email
from negotiation.services.moves import Order, play
from negotiation.services.shaping import rename_part
from negotiation.services.visas import set_visa_rule
from negotiation.store import Announcing, Store
from negotiation.store.queries.clauses import cards_of_part
from tests.builders import Person, Table, a_table
from tests.visitors import Visitor

ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def doing(person: Person, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with person.table.store.unit_of_work(Announcing.SILENT) as uow:
        return act(uow, person.actor, *given, **named)


def a_part_that_waits(table: Table, person: Person, **named: Any) -> tuple[str, str]:
    """An inside indicator whose definition waits for a visa of this person's party: its id and that clause's."""
    part_id = doing(person, add_part, NewPart(PartKind.INDICATOR, "Mesure", table.part_id("fa01"), **named))
    with table.store.reading() as session:
        cards = {card.field: card.id for card in cards_of_part(session, person.actor, part_id)}
    doing(person, write_working, cards["definition"], text="Ce que nous mesurons.")
    return part_id, cards["definition"]


@ONCE
def test_an_authority_does_not_learn_that_another_waits_for_a_visa(store: Store) -> None:
    table = a_table(store, parties=3)
    doing(table.ars.dg, set_visa_rule, Gesture.PROPOSAL, Role.NEGOTIATOR)
    part_id, clause_id = a_part_that_waits(table, table.ars.redac, circle=AUTHORITIES)
    assert doing(table.ars.redac, share_part, part_id).waiting == 1
    with pytest.raises(CannotShape):
        doing(table.ars.redac, write_working, clause_id, text="Autrement.")
    doing(table.cd.redac, write_working, clause_id, text="Ce que le département mesure.")
    doing(table.cd.redac, delete_inside, part_id)


@ONCE
def test_no_move_tells_the_other_authority_of_a_part_prepared_inside(store: Store) -> None:
    table = a_table(store, parties=3)
    _, clause_id = a_part_that_waits(table, table.ars.redac, circle=table.ars.inside)
    for move in (Move.QUESTION, Move.COMMENT):
        with pytest.raises(NotShared):
            doing(table.ars.dg, play, clause_id, Order(move, text="Et cela ?", circle=AUTHORITIES))
    doing(table.ars.dg, play, clause_id, Order(Move.QUESTION, text="Et cela ?", circle=table.ars.inside))


@ONCE
def test_a_title_stays_as_it_was_read_while_a_visa_is_asked(store: Store) -> None:
    table = a_table(store, parties=3)
    doing(table.og.dg, set_visa_rule, Gesture.PROPOSAL, Role.NEGOTIATOR)
    part_id, _ = a_part_that_waits(table, table.og.redac, circle=table.og.inside)
    doing(table.og.redac, share_part, part_id)
    with pytest.raises(CannotShape):
        doing(table.og.redac, rename_part, part_id, "Notre plancher est à 80 %")


@pytest.mark.parametrize(
    "bomb", [".".join(["a"] * 99) + "=1", "[" + '"\\"" .\t' * 99 + "a]", "x={" + "'a'." * 99 + "a=1}"]
)
def test_a_template_of_endless_keys_is_not_even_read(bomb: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        read_trame(bomb)
    assert "niveaux" in str(refused.value.detail["problem"])


@pytest.mark.parametrize("address", ["[@x.fr", "a@x.fr.", "a@[.fr", "a..b@x.fr", "a\\b@x.fr", "a@x..fr"])
def test_an_address_that_no_mail_can_bear_is_refused_at_once(address: str) -> None:
    with pytest.raises(InvalidInput):
        checked_email(address)


@ONCE
def test_a_funder_that_nobody_knows_breaks_no_page(app: Flask) -> None:
    table = a_table(app.extensions["store"], parties=3)
    og = Visitor(app).enter(table.og.dg.email)
    for readers in ("ours", "shared"):
        sent = og.post(
            f"/negociations/{table.id}/ajouter",
            {
                "genre": "ligne",
                "sous": table.part_id("fa01"),
                "title": "=1+1",
                "funder": "<b>moi</b>" * 50,
                "readers": readers,
                "essms": "nulle-part",
            },
        )
        assert sent.status_code == 302
        assert og.get(sent.headers["Location"].partition("#")[0]).status_code == 200
    for page in (
        "",
        "/texte",
        "/ensemble",
        "/finances",
        "/indicateurs",
        "/vigilance",
        "/synoptique",
        "/synoptique.xlsx",
    ):
        for each in (og, Visitor(app).enter(table.ars.dg.email)):
            assert each.get(f"/negociations/{table.id}{page}", follow_redirects=True).status_code == 200, page
