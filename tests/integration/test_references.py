"""`#` names what the readers of a message read; what is hidden from somebody is no reference for them."""

import pytest
from flask import Flask
from sqlalchemy import update
from sqlmodel import col

from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle, PartKind
from negotiation.services.adding import NewPart, add_part
from negotiation.services.discussing import send_message
from negotiation.services.recalling import recall_message
from negotiation.services.referencing import references_for
from negotiation.store.contract import Part
from negotiation.store.exchange import Message
from negotiation.store.queries.discussion import channel
from tests.builders import Person, Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


def say(person: Person, text: str, circle: Circle = SHARED) -> str:
    with person.table.store.unit_of_work() as uow:
        return send_message(uow, person.actor, circle=circle, text=text)


def named(person: Person, circle: Circle = SHARED) -> list[str]:
    """The signs that the last message shows to this person as links."""
    with person.table.store.reading() as session:
        return [each.sign for each in channel(session, person.actor, circle).messages[-1].refs]


def offered(person: Person, circle: Circle) -> set[str]:
    with person.table.store.reading() as session:
        return {each.sign for each in references_for(session, person.actor, circle)}


def prepared_inside(person: Person, circle: Circle) -> str:
    """The code of an indicator that only this circle knows of."""
    table = person.table
    with table.store.unit_of_work() as uow:
        wanted = NewPart(PartKind.INDICATOR, "Notre tungstène", table.part_id("fa01"), circle=circle)
        made = add_part(uow, person.actor, wanted)
        uow.session.get_one(Part, made).code = "I99"
    return "I99"


def test_what_is_named_is_a_link_with_its_title(app: Flask, table: Table) -> None:
    say(table.og.dg, "Revoyons #en02, la fiche #FA01 et #EN99.")
    page = Visitor(app).enter(table.ars.dg.email).get(f"/negociations/{table.id}/discussion").text
    clause = table.clause_id("en02")
    assert f'<a class="reference" dir="ltr" href="/clauses/{clause}#clause-{clause}" title="' in page
    assert f'href="/negociations/{table.id}/texte/{table.part_id("fa01")}"' in page
    assert "et #EN99." in page
    assert named(table.ars.dg) == ["EN02", "FA01"]


def test_a_name_that_follows_another_code_is_still_the_same_clause(app: Flask, table: Table) -> None:
    say(table.og.dg, "Revoyons #FA01.")
    with table.store.engine.begin() as connection:
        connection.execute(update(Part).where(col(Part.id) == table.part_id("fa01")).values(code="FA07"))
    page = Visitor(app).enter(table.ars.dg.email).get(f"/negociations/{table.id}/discussion").text
    assert "Revoyons #FA01." in page
    assert f'/texte/{table.part_id("fa01")}">FA07 ' in page


def test_what_is_prepared_inside_is_offered_to_its_inside_alone(table: Table) -> None:
    own = prepared_inside(table.ars.dg, table.ars.inside)
    assert own in offered(table.ars.dg, table.ars.inside)
    assert own not in offered(table.ars.dg, AUTHORITIES)
    assert own not in offered(table.ars.dg, SHARED)
    say(table.ars.dg, f"Comme dans #{own}.")
    assert named(table.ars.dg) == named(table.og.dg) == []
    say(table.ars.dg, f"Comme dans #{own}.", table.ars.inside)
    assert named(table.ars.dg, table.ars.inside) == [own]


def test_the_list_of_names_is_that_of_the_channel(app: Flask, table: Table) -> None:
    own = prepared_inside(table.ars.dg, AUTHORITIES)
    address = f"/negociations/{table.id}/discussion/reperes?cercle="
    ars, og = (Visitor(app).enter(who.email) for who in (table.ars.dg, table.og.dg))
    assert 'data-sign="EN01"' in og.get(f"{address}shared").text
    assert f'data-sign="{own}"' in ars.get(f"{address}authorities").text
    assert "tungst" not in ars.get(f"{address}shared").text
    assert "tungst" not in og.get(f"{address}shared").text + og.get(f"{address}ours").text
    assert og.get(f"{address}authorities").status_code == 404


def test_names_that_came_with_a_file_show_to_whom_they_are_to_be_read(table: Table) -> None:
    """A file may name moves, and parts that are inside since: neither is shown to the others."""
    say(table.og.dg, "Bonjour.")
    inside = table.part_id("i01")
    keys = ["en01", "fa01", "i01", "en01-m01", "inconnu"]
    with table.store.engine.begin() as connection:
        connection.execute(update(Message).values(refs=keys))
        connection.execute(update(Part).where(col(Part.id) == inside).values(circle=str(table.og.inside)))
    assert named(table.ars.dg) == ["EN01", "FA01"]
    assert named(table.og.dg) == ["EN01", "FA01", "I01"]


def test_a_message_taken_back_names_nothing_any_more(table: Table) -> None:
    sent = say(table.og.dg, "Revoyons #EN02.")
    with table.store.unit_of_work() as uow:
        recall_message(uow, table.og.dg.actor, sent)
    assert named(table.ars.dg) == []
    with table.store.reading() as session:
        assert session.get_one(Message, sent).refs == []
