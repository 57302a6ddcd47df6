"""What many ask for at once is written once; and nothing of one person goes to another with it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import unescape

import pytest
from flask import Flask, template_rendered
from jinja2 import Template
from werkzeug.test import TestResponse

from app.pages.reader import WholeParty
from negotiation.rules.policy import circles_of
from negotiation.rules.vocabulary import Gesture, Move, Role
from negotiation.services.members import Seat
from negotiation.services.moves import Order
from negotiation.services.visas import set_visa_rule, submit
from negotiation.store import Announcing
from tests.builders import Person, Table, a_table
from tests.membership import NEW, enters, invites
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

OF_ONE = re.compile(r'name="(csrf_token|request_key)" value="([^"]+)"')


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"])


def colleagues(app: Flask, *people: Person) -> list[Visitor]:
    return [Visitor(app).enter(person.email) for person in people]


def beside(app: Flask, person: Person) -> list[Visitor]:
    """That person and a colleague who may do the same."""
    invites(person.table.og.dg, seat=Seat("Chargée de mission", tuple(person.member.rights)))
    enters(person.table)
    return [Visitor(app).enter(email) for email in (person.email, NEW)]


def addresses(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'data-refresh-url="([^"]+)"', page)]


def asks(reader: Visitor, asked: Sequence[str]) -> TestResponse:
    return reader.get("/morceaux", query_string=[("de", address) for address in asked])


def together(reader: Visitor, asked: Sequence[str]) -> list[tuple[str, str]]:
    """The status and the HTML of each piece."""
    return re.findall(r'<template data-status="(\d+)">(.*?)</template>', asks(reader, asked).text, flags=re.DOTALL)


@contextmanager
def written(app: Flask) -> Iterator[list[str]]:
    """The templates that are rendered meanwhile."""
    names: list[str] = []

    def note(sender: Flask, template: Template, **more: object) -> None:
        names.append(template.name or "")

    with template_rendered.connected_to(note, app):
        yield names


def own(html: str) -> set[str]:
    return {value for _, value in OF_ONE.findall(html)}


def same(html: str) -> str:
    """Without what is of one reader: the keys of the forms, the people whom one may name."""
    return re.sub(r"<li data-reader=.*?</li>", "", OF_ONE.sub("", html), flags=re.DOTALL)


def test_several_pieces_come_in_one_answer_as_each_comes_alone(app: Flask, table: Table) -> None:
    table.og.dg.propose("en01", value="94")
    (reader,) = colleagues(app, table.ars.dg)
    for page in (f"/clauses/{table.clause_id('en01')}", f"/negociations/{table.id}"):
        asked = addresses(reader.get(page).text)
        for address, (status, html) in zip(asked, together(reader, asked), strict=True):
            assert status == "200"
            assert same(html) == same(reader.get(address).text), address


def test_a_piece_is_refused_with_others_as_it_is_alone(app: Flask, table: Table) -> None:
    reader = colleagues(app, table.ars.dg)[0]
    board = f"/negociations/{table.id}/fragment/tableau"
    absent = "/negociations/inconnue/fragment/tableau"
    others = ["/nulle/part", "//ailleurs.example", "http://[::1", "/\N{FOX FACE}", ""]
    came = together(reader, [absent, f"/negociations/{table.id}", *others, board])
    assert [status for status, _ in came] == ["404"] * 7 + ["200"]
    assert asks(reader, [board] * 13).status_code == 422
    assert asks(Visitor(app), [board]).status_code == 302


def test_colleagues_read_the_same_words_each_with_the_keys_of_his_own_forms(app: Flask, table: Table) -> None:
    readers = beside(app, table.og.com)
    asked = addresses(readers[0].get(f"/clauses/{table.clause_id('en01')}").text)
    first = [html for _, html in together(readers[0], asked)]
    with written(app) as templates:
        second = [html for _, html in together(readers[1], asked)]
    assert templates == []
    assert [same(html) for html in first] == [same(html) for html in second]
    assert not own("".join(first)) & own("".join(second))


def test_nobody_is_offered_his_own_name(app: Flask, table: Table) -> None:
    margin = f"/clauses/{table.clause_id('en01')}/fragment/marge?onglet=proposition"
    people = (table.og.dg, table.ars.dg)
    pages = [reader.get(margin).text for reader in colleagues(app, *people)]
    for person, other, page in zip(people, reversed(people), pages, strict=True):
        assert f'name="mention" value="{person.member.id}"' not in page
        assert f'name="mention" value="{other.member.id}"' in page


def test_only_who_wrote_may_take_it_back_though_colleagues_ask_at_the_same_moment(app: Flask, table: Table) -> None:
    author, colleague = beside(app, table.og.com)
    margin = f"/clauses/{table.clause_id('en01')}/fragment/marge?onglet=proposition"
    table.og.com.comment("en01", "Une remarque.")
    for reader, may in ((colleague, 0), (author, 1), (colleague, 0)):
        assert reader.get(margin).text.count("Annuler l’envoi") == may


def test_what_a_whole_party_reads_cannot_depend_on_one_of_it(app: Flask, table: Table) -> None:
    party = WholeParty.of(table.og.dg.actor)
    assert circles_of(party) == circles_of(table.og.dg.actor)
    for asked in ("roles", "lent", "member_id", "person_id", "key", "authentication"):
        with pytest.raises(AssertionError):
            getattr(party, asked)


def test_what_waits_for_a_visa_is_told_to_each_as_it_concerns_him(app: Flask, table: Table) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
        order = Order(Move.PROPOSAL, value="94", text="Nous visons 94 %.")
        submit(uow, table.og.redac.actor, table.clause_id("en01"), order, words="Pour jeudi.")
    card = f"/clauses/{table.clause_id('en01')}/fragment/carte?onglet=proposition"
    decider, asker = colleagues(app, table.og.dg, table.og.redac)
    for reader, is_awaited in ((asker, False), (decider, True), (asker, False)):
        page = reader.get(card).text
        assert ("Votre visa est attendu" in page) is is_awaited
        assert "Pour jeudi." in page
