"""Parties that join an open table: whom they bring, what concerns them, what sign they bear."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AlreadyAtTheTable, InvalidInput, NotAllowed, NotFound
from negotiation.events import Kind
from negotiation.rules.vocabulary import PartyKind, Right, Side
from negotiation.services.members import Carried, invite_again
from negotiation.store import Announcing, Store
from negotiation.store.people import Party
from tests.builders import Table, a_table
from tests.membership import adds, count, enters, facts, in_days, member


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=["og", "ars", "cd", "asso"])


def test_a_partner_joins_without_being_concerned_by_anything(table: Table) -> None:
    before = {name: table.situation(name).concerned for name in ("en01", "en02", "en03")}
    adds(table.cd.dg)
    with table.store.reading() as session:
        party = session.execute(select(Party).where(col(Party.short_name) == "MDPH")).scalar_one()
    assert (party.key, party.letter, party.kind, party.side) == ("mdph", "P2", PartyKind.PARTNER, Side.ASSOCIATE)
    assert {name: table.situation(name).concerned for name in before} == before
    (told,) = facts(table, Kind.PARTY_JOINED)
    assert told == {"party": "mdph", "name": "Maison départementale", "kind": "PARTENAIRE", "letter": "P2"}
    first = member(table)
    assert first is not None and first.rights == [Right.ADMINISTRATEUR, Right.COMMENTATEUR]


@pytest.mark.parametrize(
    ("kind", "letter", "rights"),
    [("ARS", "A2", ["referent"]), ("AUTRE_ATC", "T", ["referent"]), ("TIERS", "F", ["administrateur", "facilitateur"])],
)
def test_each_kind_of_party_has_a_sign_of_its_own(table: Table, kind: str, letter: str, rights: list[str]) -> None:
    adds(table.og.dg, kind)
    with table.store.reading() as session:
        letters = session.execute(select(Party.letter).order_by("position")).scalars().all()
    assert letters == ["G", "A", "D", "P", letter]
    first = member(table)
    assert first is not None and first.rights == rights


def test_an_evaluator_is_there_until_a_day(table: Table) -> None:
    with pytest.raises(InvalidInput) as refused:
        adds(table.og.dg, "EVALUATEUR")
    assert refused.value.detail == {"field": "ends_on", "reason": "needed"}
    adds(table.og.dg, "EVALUATEUR", ends_on=in_days(30))
    first = member(table)
    assert first is not None and first.ends_on is not None


@pytest.mark.parametrize("kind", ["OG", "", "ROI"])
def test_a_table_has_one_gestionnaire(table: Table, kind: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        adds(table.og.dg, kind)
    assert refused.value.detail["field"] == "kind"


def test_a_partner_brings_nobody_to_the_table(table: Table) -> None:
    with pytest.raises(NotAllowed):
        adds(table.asso.dg)


def test_a_party_refused_leaves_nothing(table: Table) -> None:
    with pytest.raises(AlreadyAtTheTable):
        adds(table.og.dg, email=table.ars.com.email)
    with pytest.raises(InvalidInput):
        adds(table.og.dg, short_name="ars")
    assert count(table, Party) == 4


def test_the_first_of_a_party_is_invited_again_by_who_brought_it_until_he_enters(table: Table) -> None:
    first = adds(table.og.dg).member_id
    with table.store.unit_of_work(Announcing.SILENT) as uow, pytest.raises(NotFound):
        invite_again(uow, table.ars.dg.actor, first, carried=Carried.BY_MAIL)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        invite_again(uow, table.og.dg.actor, first, email="juste@ailleurs.example", carried=Carried.BY_MAIL)
    enters(table, "juste@ailleurs.example")
    with table.store.unit_of_work(Announcing.SILENT) as uow, pytest.raises(NotFound):
        invite_again(uow, table.og.dg.actor, first, carried=Carried.BY_MAIL)
