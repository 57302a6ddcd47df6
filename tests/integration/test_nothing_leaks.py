"""Confidentiality (trust T1, T8, T9): what is inside a circle is for nobody else to read, to count or to guess.

`tests/secrets_table.py` puts a random word in every internal thing. Somebody of each other party then asks for all that
the application serves, and none of the words he isn't told may be in any byte; each of the words he is told must be,
or the crawl would prove nothing. What travels through sockets is in `test_nothing_leaks_live.py`.
"""

import json
import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from app.pages.board import _NAMES
from app.pages.retaking import Source
from negotiation.documents.archive import read_archive
from negotiation.rules.vocabulary import Move
from negotiation.services.discussing import send_message
from negotiation.store import Store
from negotiation.store.contract import Clause, Part
from negotiation.store.queries.closing import shared_head
from negotiation.verifier import MANIFEST, SEAL, file_of_circle
from tests.builders import a_table
from tests.crawling import (
    Answer,
    Ids,
    addresses_of,
    answer_of,
    archive_of,
    crawl,
    differing,
    faults_of,
    ids_of,
    question_names,
    questions,
    routes,
    word_of,
)
from tests.databases import is_short_run
from tests.opened_bytes import words_met
from tests.secrets_table import (
    AMONG_AUTHORITIES,
    ENGAGEMENT,
    PARTIES,
    READERS,
    TEXT,
    SecretsTable,
    circle_of,
    reader_of,
    secrets_of,
    set_secrets,
    speaker,
)
from tests.visitors import Visitor

ROOT = Path(__file__).resolve().parents[2]
UNKNOWN = "99999999-9999-4999-8999-999999999999"
ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
"""For what asks nothing more of the database than the rest: one filter answers for both."""
ODD = ["x", "a" * 300, "%00", "%F0%9F%A6%86", "1%27%20OR%201%3D1", "..%2F..%2Fetc", "-1", "9" * 30]

FIELDS = ["text", "motive", "value", "reply_to", "readers", "origin", "draft", "seen_number", "seen_fingerprint"]


@pytest.fixture
def found(app: Flask) -> SecretsTable:
    """The table of secrets, with a private draft of each inside open in a live page."""
    return secrets_of(app)


def without_tokens(page: str) -> str:
    """The page without what is drawn each time it is shown."""
    return re.sub(r'(csrf_token" value=|request_key" value=|socket-token" content=)"[^"]*"', r"\1", page)


def telling(found: SecretsTable) -> Ids:
    """Every id, with only the two clauses on which secrets are told."""
    clauses = [found.table.clause_id(name) for name in (ENGAGEMENT, TEXT)]
    return ids_of(found.table.store, found.table.id) | {"clause_id": clauses}


def asking(found: SecretsTable) -> Ids:
    """The ids on which every question is asked: what tells secrets, and not each part that says nothing."""
    return telling(found) | {"part_id": [found.table.part_id("fa01"), *found.parts.values()]}


def one_of_each(found: SecretsTable) -> Ids:
    """The ids on which every question is asked where that was done already: one clause and one part."""
    asked = {"clause_id": [found.table.clause_id(TEXT)], "part_id": [found.table.part_id("fa01")]}
    return telling(found) | asked


def one_clause_and_part(found: SecretsTable) -> Ids:
    """The ids on which every question is asked where pages are read twice, to be compared."""
    return {"clause_id": [found.table.clause_id(ENGAGEMENT)], "part_id": [found.table.part_id("fa01")]}


def one_of_each_kind(found: SecretsTable) -> list[str]:
    """The clauses that tell secrets, and the first of each kind of text or value in each kind of part."""
    query = select(col(Clause.id), col(Part.kind), col(Clause.value_kind)).join(Part, col(Part.id) == Clause.part_id)
    with found.table.store.reading() as session:
        rows = session.execute(query.where(col(Clause.negotiation_id) == found.table.id).order_by(col(Clause.id))).all()
    first = {(row.kind, row.value_kind): row.id for row in reversed(rows)}
    return [*telling(found)["clause_id"], *first.values()]


def told_in(answers: Mapping[str, Answer], words: Mapping[str, object]) -> dict[str, list[object]]:
    """What the words met speak of, by address. The same bytes are opened once."""
    opened: dict[bytes, set[str]] = {}

    def met(piece: bytes) -> set[str]:
        if piece not in opened:
            opened[piece] = words_met(piece, words)
        return opened[piece]

    by_address = {address: met(answer.head) | met(answer.body) for address, answer in answers.items()}
    return {address: [words[word] for word in sorted(those)] for address, those in by_address.items() if those}


def only_of(party: str, told: Mapping[str, list[object]]) -> set[object]:
    """What was told, when all of it was for this party; fails on the first thing that wasn't."""
    kept = {address: [what for what in those if party not in READERS[what[0]]] for address, those in told.items()}  # type: ignore[index]
    assert {address: those for address, those in kept.items() if those} == {}
    return {what for those in told.values() for what in those}


# ---------------------------------------------------------------------- nothing to read


@pytest.mark.parametrize(
    ("database_url", "party"),
    [
        # The ordinary run reads the pages of the last two below, before and after what others do inside.
        *([] if is_short_run() else [("SQLite", "ars"), ("SQLite", "og"), ("SQLite", "asso")]),
        pytest.param("PostgreSQL", "ars", marks=pytest.mark.postgresql),
    ],
    indirect=["database_url"],
)
def test_no_page_tells_a_party_what_is_inside_another(app: Flask, found: SecretsTable, party: str) -> None:
    reader = reader_of(app, found, party)
    asked = asking(found) if app.extensions["store"].engine.dialect.name == "sqlite" else one_of_each(found)
    answers = crawl(reader, telling(found), asked=asked) | archive_of(reader, found.table.id)
    answers |= word_of(reader, found.table.id)
    told = only_of(party, told_in(answers, found.words.told))
    for_pages = {what for what in found.words.open_to(party).values() if what[1] != "id of an imported remark"}
    untold = for_pages - told
    assert untold <= {(AMONG_AUTHORITIES, "live draft")}, "a secret that its own readers don't meet proves nothing"


@ONCE
def test_every_reading_of_every_clause_keeps_secrets_addresses_and_its_form(app: Flask, found: SecretsTable) -> None:
    """The whole crawl, by the party that knows most: the Département also reads what authorities say among them.

    Whoever looks after the members of his party reads their addresses, and no other.
    """
    everything = ids_of(found.table.store, found.table.id)
    if is_short_run():
        everything |= {"clause_id": one_of_each_kind(found)}
    reader = reader_of(app, found, "cd")
    answers = crawl(reader, everything, asked=asking(found)) | archive_of(reader, found.table.id)
    assert len(answers) > 5 * len(everything["clause_id"])
    assert told_in(answers, found.words.kept_from("cd")) == {}
    assert {address: faults for address, answer in answers.items() if (faults := faults_of(answer))} == {}
    written = {address for answer in answers.values() for address in re.findall(r"[\w.]+@[\w.]+\.example", answer.text)}
    assert {address.split(".")[0] for address in written} == {"cd"}


@ONCE
@pytest.mark.parametrize("role", ["lect"])
def test_another_role_of_the_same_party_is_told_no_more(app: Flask, found: SecretsTable, role: str) -> None:
    reader = Visitor(app).enter(getattr(found.table.cd, role).email)
    answers = crawl(reader, telling(found), asked={"clause_id": [], "negotiation_id": [], "part_id": []})
    answers |= archive_of(reader, found.table.id)
    assert told_in(answers, found.words.kept_from("cd")) == {}


@ONCE
def test_a_stranger_meets_no_word_at_all(app: Flask, found: SecretsTable) -> None:
    """Somebody of another negotiation, and nobody."""
    other = a_table(app.extensions["store"])
    for visitor in (Visitor(app).enter(other.og.dg.email), Visitor(app)):
        answers = crawl(visitor, telling(found), asked=one_of_each(found)) | archive_of(visitor, found.table.id)
        answers |= word_of(visitor, found.table.id)
        assert told_in(answers, found.words.told) == {}
        inside = {address: answer.status for address, answer in answers.items() if address.startswith("/negociations")}
        assert set(inside.values()) <= {302, 401, 404}


# ---------------------------------------------------------------------- nothing to count


def twenty_acts(app: Flask, found: SecretsTable, inside: str) -> None:
    """What happens inside in a busy hour: comments, questions, messages, a draft that moves."""
    table, circle = found.table, circle_of(found.table, inside)
    person = speaker(table, inside)
    for number in range(5):
        opened = person.note(ENGAGEMENT, f"Encore une remarque {number}.", circle)
        person.play(Move.ANSWER, ENGAGEMENT, "Et sa réponse.", circle=circle, reply_to=opened.move_id)
        with table.store.unit_of_work() as uow:
            send_message(uow, person.actor, circle=circle, text=f"Encore un message {number}.")
        found.typists[inside].type(f"Encore un mot {number}.")


def archive_for(reader: Visitor, found: SecretsTable, party: str) -> dict[str, bytes]:
    """The archive, without the moment it is made and the reader's own inside, where his exports are recorded."""
    (answer,) = archive_of(reader, found.table.id).values()
    members = read_archive(answer.body)
    names = repr(sorted(members)).encode()
    summary = json.loads(members.pop("negociation.json"))
    own = file_of_circle(str(circle_of(found.table, party)))
    del members[f"historique/{own}"], members[f"donnees/faits/{own}"], members[MANIFEST], members[SEAL]
    return members | {"names": names, "summary": repr(summary | {"exported_at": ""}).encode()}


@ONCE
@pytest.mark.parametrize(
    ("inside", "party"),
    [(["og", AMONG_AUTHORITIES], "asso"), *([] if is_short_run() else [(["ars"], "cd")])],
)
def test_twenty_internal_acts_leave_every_page_of_the_others_as_it_was(
    app: Flask, found: SecretsTable, inside: list[str], party: str
) -> None:
    """Not a number, not a date, not a byte tells that something happened."""
    reader, ids = reader_of(app, found, party), telling(found)
    asked = one_clause_and_part(found)
    archived = archive_for(reader, found, party)
    before = crawl(reader, ids, asked=asked)
    only_of(party, told_in(before, found.words.told))
    for each in inside:
        twenty_acts(app, found, each)
    assert differing(before, crawl(reader, ids, asked=asked)) == []
    assert archive_for(reader, found, party) == archived


@ONCE
def test_twenty_acts_among_authorities_change_nothing_where_those_inside_see_twenty_of_their_own(
    app: Flask, found: SecretsTable
) -> None:
    """Or the comparisons would prove nothing."""
    reader, ids = reader_of(app, found, "og"), telling(found)
    asked = one_clause_and_part(found)
    archived = archive_for(reader, found, "og")
    before = crawl(reader, ids, asked=asked)
    only_of("og", told_in(before, found.words.told))
    twenty_acts(app, found, AMONG_AUTHORITIES)
    after = crawl(reader, ids, asked=asked)
    assert differing(before, after) == []
    assert archive_for(reader, found, "og") == archived
    told = {"discussion", "historique", "navette", "brouillon", "marge"}
    known = {address: answer_of(reader.get(address)) for address in after if place_of(address) in told}
    twenty_acts(app, found, "og")
    again = {address: answer_of(reader.get(address)) for address in known}
    assert told <= {place_of(address) for address in differing(known, again)}


def place_of(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


# ---------------------------------------------------------------------- nothing to guess


def places_of(app: Flask, ids: Ids, replaced: str) -> list[tuple[str, str, list[str]]]:
    """(method, endpoint's own address with « § » in place of one id, …) for every route that takes an id."""
    found = []
    for rule in app.url_map.iter_rules():
        for name in sorted(rule.arguments & ids.keys() - {"token"}):
            first = {each: values[:1] for each, values in ids.items()} | {name: [replaced]}
            addresses = [address for address in addresses_of(app, rule, first, {}) if "?" not in address]
            found += [(method, name, addresses) for method in sorted(rule.methods & {"GET", "POST"})]
    return found


def answers_to(visitor: Visitor, app: Flask, ids: Ids, replaced: str) -> dict[tuple[str, str], tuple[int, str]]:
    """What each route says to this id, the id itself left out."""
    said = {}
    form = {"move": "comment", "text": "Une remarque.", "readers": "shared", "act": "change"}
    form["csrf_token"] = visitor.form_token()
    for method, name, addresses in places_of(app, ids, replaced):
        for address in addresses:
            sent = visitor.client.open(address, method=method, data=form if method == "POST" else None)
            answer = answer_of(sent)
            neutral = without_tokens(answer.text)
            said[f"{method} {address}".replace(replaced, "§"), name] = (answer.status, neutral.replace(replaced, "§"))
    return said


def test_a_private_id_answers_everywhere_like_one_that_does_not_exist(app: Flask, found: SecretsTable) -> None:
    reader, ids = reader_of(app, found, "ars"), telling(found)
    unknown = answers_to(reader, app, ids, UNKNOWN)
    assert len(unknown) > 20
    assert {asked: status for asked, (status, _) in unknown.items() if status != 404} == {}
    for private in found.private_ids("og"):
        assert answers_to(reader, app, ids, private) == unknown


@ONCE
def test_an_id_of_another_negotiation_answers_like_one_that_does_not_exist(app: Flask, found: SecretsTable) -> None:
    other = a_table(app.extensions["store"])
    theirs = ids_of(other.store, other.id)
    reader, ids = reader_of(app, found, "ars"), telling(found)
    unknown = answers_to(reader, app, ids, UNKNOWN)
    for name in ("negotiation_id", "part_id", "clause_id"):
        assert answers_to(reader, app, ids, theirs[name][0]) == unknown


@ONCE
@pytest.mark.parametrize("readers", ["shared", "ours", "authorities"])
def test_answering_a_private_comment_is_answering_nothing(app: Flask, found: SecretsTable, readers: str) -> None:
    reader = reader_of(app, found, "ars")
    address = f"/clauses/{found.table.clause_id(ENGAGEMENT)}/moves"

    def answering(move_id: str) -> tuple[int, str]:
        form = {"move": "comment", "text": "Je réponds à ceci.", "readers": readers, "reply_to": move_id}
        answer = answer_of(reader.post(address, form))
        return answer.status, without_tokens(answer.text)

    unknown = answering(UNKNOWN)
    assert unknown[0] == 404
    assert answering(found.comments["og"]) == unknown
    assert answering(found.comments["cd"]) == unknown


@ONCE
@pytest.mark.parametrize("readers", ["party:§", "authorities", "x"])
def test_nobody_writes_in_a_circle_that_isnt_his(app: Flask, found: SecretsTable, readers: str) -> None:
    named = readers.replace("§", found.table.party_id("ars"))
    visitor = reader_of(app, found, "og")
    form = {"move": "comment", "text": "Je passe.", "readers": named}
    assert visitor.post(f"/clauses/{found.table.clause_id(TEXT)}/moves", form).status_code == 404
    assert visitor.post(f"/negociations/{found.table.id}/discussion", form).status_code == 404


# ---------------------------------------------------------------------- nothing to break


def test_no_odd_id_breaks_a_page(app: Flask, found: SecretsTable) -> None:
    """`app.testing` is set: whatever nobody foresaw is raised here."""
    reader, ids = reader_of(app, found, "ars"), telling(found)
    first = {name: values[:1] for name, values in ids.items()}
    for rule in routes(app):
        for name in rule.arguments & ids.keys():
            for address in addresses_of(app, rule, first | {name: ["§"]}, {"negotiation_id": []}):
                for odd in ODD:
                    assert reader.get(address.replace("%C2%A7", odd)).status_code in (302, 404, 410), (address, odd)


@ONCE
def test_no_odd_question_breaks_a_page(app: Flask, found: SecretsTable) -> None:
    reader, ids = reader_of(app, found, "ars"), telling(found)
    first = {name: values[:1] for name, values in ids.items()}
    for rule in routes(app):
        plain = next(addresses_of(app, rule, first, {}), None)
        for asked in sorted({name for question in questions(rule, ids) for name in question}) if plain else ():
            for odd in ODD[:4] if is_short_run() else ODD:
                assert reader.get(f"{plain}?{asked}={odd}").status_code < 500, (plain, asked, odd)


def test_no_odd_field_breaks_a_move(app: Flask, found: SecretsTable) -> None:
    visitor = reader_of(app, found, "ars")
    for field, odd in product(FIELDS, ("\0", "x" * 5000, "9" * 400)):
        for move in ("comment", "counter_proposal"):
            form = {"move": move, "text": "Un texte.", "motive": "Il le faut.", field: odd}
            sent = visitor.post(f"/clauses/{found.table.clause_id(TEXT)}/moves", form)
            assert sent.status_code < 500, (field, odd, move)


@ONCE
def test_the_crawl_asks_every_question_that_a_page_listens_to(app: Flask) -> None:
    written = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "app").rglob("*.py")))
    listened = set(re.findall(r'(?:(?:request\.args|\basked)(?:\.get(?:list)?\(|\[)|asked_number\()"(\w+)"', written))
    assert listened | set(_NAMES.values()) | {str(source) for source in Source} == question_names(app)


def test_an_internal_act_adds_nothing_to_the_shared_chain(store: Store) -> None:
    """Trust T8, in the rows themselves: the last link of what all read stays the last."""
    found = set_secrets(store)
    with store.reading() as session:
        before = shared_head(session, found.table.id)
    speaker(found.table, "og").note(TEXT, "Encore.", circle_of(found.table, "og"))
    with store.reading() as session:
        assert shared_head(session, found.table.id) == before
    assert set(READERS) - {AMONG_AUTHORITIES} == set(PARTIES)
