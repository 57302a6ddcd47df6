"""Messages as they come: each page asks for what it lacks, is given its own, and bad ones are refused in words."""

import re
from collections.abc import Iterable

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlmodel import col

from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle
from negotiation.services.discussing import LONGEST_MESSAGE, send_message
from negotiation.store.columns import new_id, now
from negotiation.store.exchange import Message
from tests.builders import Person, Table, a_table
from tests.integration.test_page_costs import orders_sent
from tests.seance_table import an_open_seance
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


def enter(app: Flask, *people: Person) -> list[Visitor]:
    return [Visitor(app).enter(person.email) for person in people]


def say(person: Person, text: str, circle: Circle = SHARED, *, seance_id: str | None = None) -> str:
    with person.table.store.unit_of_work() as uow:
        return send_message(uow, person.actor, circle=circle, text=text, seance_id=seance_id)


def seances_of_messages(table: Table) -> dict[str, str | None]:
    with table.store.reading() as session:
        return {row.id: row.session_id for row in session.execute(select(col(Message.id), col(Message.session_id)))}


def address(table: Table, rest: str = "") -> str:
    return f"/negociations/{table.id}/discussion{rest}"


def ranks(page: str) -> list[int]:
    return [int(rank) for rank in re.findall(r'data-rank="(\d+)"', page)]


def test_a_page_is_given_what_came_since_in_order_and_each_circle_its_own(app: Flask, table: Table) -> None:
    for number in range(3):
        say(table.og.dg, f"Mot {number}.")
    say(table.ars.dg, "Entre nous.", AUTHORITIES)
    say(table.ars.dg, "Chez nous.", table.ars.inside)
    og, ars = enter(app, table.og.redac, table.ars.redac)
    came = og.get(address(table, "/messages?cercle=shared&apres=1"))
    assert ranks(came.text) == [2, 3]
    assert came.headers["Navette-Reached"] == "shared=3 ours=0"
    assert ars.get(address(table, "/messages?apres=3")).headers["Navette-Reached"] == "shared=3 ours=1 authorities=1"
    assert "Entre nous." in ars.get(address(table, "/messages?cercle=authorities&apres=0")).text
    assert og.get(address(table, "/messages?cercle=authorities&apres=0")).status_code == 404
    assert ranks(og.get(address(table, "/messages?cercle=ours&apres=0")).text) == []


def test_what_its_author_alone_may_do_is_handed_to_nobody_else(app: Flask, table: Table) -> None:
    """The piece is written once for a whole party: « Annuler l’envoi » stands in it for its author only."""
    sent = say(table.og.dg, "Un mot de trop.")
    author, colleague, other = enter(app, table.og.dg, table.og.redac, table.ars.dg)
    for piece in ("/messages?apres=0", "/fragment?cercle=shared"):
        pages = [one.get(address(table, piece)).text for one in (colleague, author, other, colleague)]
        assert [f"/messages/{sent}/reprise" in page for page in pages] == [False, True, False, False]
        assert [page.count("data-author") for page in pages] == [0, 1, 0, 0]
        assert all("Un mot de trop." in page for page in pages)


def test_a_message_is_written_once_for_a_party(app: Flask, table: Table) -> None:
    first, second = enter(app, table.cd.lect, table.cd.lect)
    say(table.og.dg, "Un mot.")
    with orders_sent(table.store) as sent:
        first.get(address(table, "/messages?apres=0"))
        alone = len(sent)
        sent.clear()
        second.get(address(table, "/messages?apres=0"))
    assert len(sent) < alone / 2


def test_a_channel_of_five_thousand_messages_opens_for_the_price_of_an_empty_one(app: Flask) -> None:
    """The same orders to the database, and as many rows read as are shown: none scans the channel."""
    store = app.extensions["store"]
    empty, full = a_table(store, parties=3), a_table(store, parties=3)
    rows = [
        {
            "id": new_id(),
            "negotiation_id": full.id,
            "circle": str(SHARED),
            "rank": rank,
            "party_id": full.og.id,
            "member_id": full.og.dg.member.id,
            "text": f"Mot {rank}.",
            "kind": "message",
            "refs": [],
            "at": now(),
            "recorded_at": now(),
        }
        for rank in range(1, 5_001)
    ]
    with store.engine.begin() as connection:
        connection.execute(insert(Message), rows)
    for rest in ("", "/panneau", "/messages?apres=4999", "/messages?avant=2500"):
        found = []
        for table in (empty, full):
            (visitor,) = enter(app, table.cd.dg)
            with orders_sent(store) as sent:
                assert visitor.get(address(table, rest)).status_code == 200
                found.append(len(sent))
        # What came of the messages (moves, tasks, decisions) is asked for where there are some.
        assert found[1] - found[0] <= 3, (rest, found)
    with orders_sent(store) as sent:
        visitor.get(address(full))
    plans = [plan for order in sent if "message" in order.lower() for plan in plan_of(store, order)]
    assert plans
    assert not [plan for plan in plans if re.search(r"SCAN message|TEMP B-TREE FOR ORDER", plan)], plans


def plan_of(store, order: str) -> Iterable[str]:  # type: ignore[no-untyped-def]
    if not order.lstrip().upper().startswith("SELECT"):
        return []
    with store.engine.connect() as connection:
        given = ("x",) * order.count("?")
        return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {order}", given)]


def test_what_is_said_during_a_seance_carries_it(table: Table) -> None:
    before = say(table.og.dg, "Avant.")
    meeting = an_open_seance(table, table.ars.dg)
    during = [say(table.og.dg, "Pendant."), say(table.og.dg, "Chez nous.", table.og.inside)]
    found = seances_of_messages(table)
    assert found[before] is None
    assert {found[each] for each in during} == {meeting.id}


def test_of_two_seances_it_is_the_one_on_the_screen(table: Table) -> None:
    first, second = an_open_seance(table, table.ars.dg), an_open_seance(table, table.og.dg)
    here, nowhere = say(table.og.dg, "Ici.", seance_id=second.id), say(table.og.dg, "Ailleurs.")
    elsewhere = say(table.og.dg, "Inconnue.", seance_id="inconnue")
    assert first.id != second.id
    found = seances_of_messages(table)
    assert (found[here], found[nowhere], found[elsewhere]) == (second.id, None, None)


# ---------------------------------------------------------------------- bad input

RIGHT_TO_LEFT = "\u202eTXET"
HIDDEN = {
    "an override": f"Le plancher {RIGHT_TO_LEFT}",
    "an embedding without its end": "Le \u202b plancher",
    "an isolate without its end": "Le \u2067 plancher",
    "a zero width space": "Le plan\u200bcher",
    "nothing but that": "\u200b\u2060\ufeff",
}


@pytest.mark.parametrize("words", HIDDEN.values(), ids=HIDDEN)
def test_what_nobody_could_see_is_refused_in_words_and_given_back(app: Flask, table: Table, words: str) -> None:
    (og,) = enter(app, table.og.dg)
    refused = og.post(address(table), {"text": words})
    assert refused.status_code == 422
    assert "caractère" in refused.text
    assert not ranks(og.get(address(table)).text)
    aside = og.post(address(table), {"text": words}, headers={"HX-Request": "true"})
    assert (aside.status_code, "<form" in aside.text) == (422, False)


def test_a_megabyte_is_refused_before_anything_is_written(app: Flask, table: Table) -> None:
    (og,) = enter(app, table.og.dg)
    assert og.post(address(table), {"text": "x" * 1_000_000}).status_code == 422
    assert "10\u202f000 caractères au plus" in og.post(address(table), {"text": "x" * 10_001}).text.replace(
        "\xa0", "\u202f"
    )
    assert og.post(address(table), {"text": "x" * 2_000_000}).status_code == 413
    assert not ranks(og.get(address(table)).text)


def test_a_word_of_ten_thousand_letters_and_markup_are_only_words(app: Flask, table: Table) -> None:
    og, ars = enter(app, table.og.dg, table.ars.dg)
    long, markup = "x" * LONGEST_MESSAGE, '<img src=x onerror="alert(1)"> #EN02<b> &lt;b&gt;'
    for words in (long, markup, "شكرا #EN02 لكم"):
        assert og.post(address(table), {"text": words}).status_code == 302
    page = ars.get(address(table)).text
    assert long in page
    assert "<img" not in page
    assert "&lt;img src=x onerror=" in page
    assert "&amp;lt;b&amp;gt;" in page
    assert page.count('<p class="words" dir="auto">') == 3
    assert page.count('class="reference"') == 2
