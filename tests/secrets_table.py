"""A table where every internal thing holds a random word, and who may meet it.

Three deciding parties and a partner. Each word is in one inside: a party's, or the authorities' among themselves. The
file brings the things that only a file brings (drafts of a negotiator, documents, avenants), the services the rest.
"""

import base64
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial

from flask import Flask
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from negotiation.drafting.schema import SCHEMA_VERSION
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import AUTHORITIES, Circle, Gesture, Move, PartKind, Role
from negotiation.services.adding import NewClause, NewPart, add_clause, add_part
from negotiation.services.commenting import Comment, Quotation, write_comment
from negotiation.services.delegating import set_delegation
from negotiation.services.discussing import Writing, send_message
from negotiation.services.inside_parts import write_working
from negotiation.services.mandates import Terms, set_mandate
from negotiation.services.orders import Order
from negotiation.services.tasks import Wish, open_task
from negotiation.services.views import keep_view
from negotiation.services.visas import set_visa_rule, submit
from negotiation.store import Store
from negotiation.store.columns import new_id, now
from tests.builders import Person, Table, a_table
from tests.scenarios import Json, engagement, move, scenario
from tests.visitors import Visitor, asks

PARTIES = ("og", "ars", "cd", "asso")
DECIDING = ("og", "ars", "cd")
AMONG_AUTHORITIES = "autorites"
READERS = {AMONG_AUTHORITIES: frozenset({"ars", "cd"})} | {party: frozenset({party}) for party in PARTIES}
"""Who reads each inside."""
WRITER = {AMONG_AUTHORITIES: "ars", "og": "og", "ars": "ars", "cd": "cd", "asso": "asso"}
SIDE = {AMONG_AUTHORITIES: "authorities"}
"""As pages name an inside; « ours » otherwise."""
ENGAGEMENT, TEXT = "en01", "fa01.description"
"""The two clauses on which secrets are told."""

NUMBERS = iter(secrets.SystemRandom().sample(range(9 * 10**4), k=9 * 10**4))
"""Each once in a run: two tables that drew one number would tell of a leak that isn't there."""


@dataclass
class Words:
    """The random words, and of which inside and thing each speaks."""

    told: dict[str, tuple[str, str]] = field(default_factory=dict)

    def new(self, inside: str, thing: str) -> str:
        word = f"canari{secrets.token_hex(8)}"
        self.told[word] = (inside, thing)
        return word

    def number(self, inside: str, thing: str) -> float:
        """A number that nobody would write twice; it is looked for as French shows it and as rows hold it."""
        number = 91 + (next(NUMBERS) * 10 + 10**5 + 7) / 10**6
        self.told[f"{number:.6f}".replace(".", ",")] = (inside, thing)
        return round(number, 6)

    def kept_from(self, party: str) -> dict[str, tuple[str, str]]:
        return {word: what for word, what in self.told.items() if party not in READERS[what[0]]}

    def open_to(self, party: str) -> dict[str, tuple[str, str]]:
        return {word: what for word, what in self.told.items() if party in READERS[what[0]]}


@dataclass
class SecretsTable:
    """The table, its words, and the private ids: those of things that the other parties can't even count."""

    table: Table
    words: Words
    messages: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    visas: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    delegations: dict[str, str] = field(default_factory=dict)
    typists: dict[str, "Typist"] = field(default_factory=dict)

    def private_ids(self, inside: str) -> list[str]:
        talk = (self.messages, self.comments, self.tasks)
        kinds = (*talk, self.drafts, self.visas, self.parts, self.delegations)
        return [kept[inside] for kept in kinds if inside in kept]


def set_secrets(store: Store) -> SecretsTable:
    """The file, then everything that people say and write inside; the live drafts come with `type_secrets`."""
    words = Words()
    found = SecretsTable(a_table(store, a_file(words)), words)
    for inside in READERS:
        _talk_inside(found, inside)
    for inside in DECIDING:
        _prepare_inside(found, inside)
    for inside in (*DECIDING, AMONG_AUTHORITIES):
        _shape_inside(found, inside)
    for inside in READERS:
        _arrange_inside(found, inside)
    return found


def secrets_of(app: Flask) -> SecretsTable:
    """The table of secrets in the application's own empty database, a private draft of each inside open in a live page.

    Made once in a process: every further SQLite database gets a copy of the first, and new pages open on the drafts.
    """
    store: Store = app.extensions["store"]
    if store.engine.dialect.name != "sqlite":
        found = set_secrets(store)
        type_secrets(app, found)
        return found
    with closing(sqlite3.connect(str(store.engine.url.database))) as database:
        if not _MADE:
            made = set_secrets(store)
            type_secrets(app, made)
            aside = sqlite3.connect(":memory:", check_same_thread=False)
            database.backup(aside)
            _MADE.append((aside, made))
            return replace(made, words=Words(dict(made.words.told)))
        aside, made = _MADE[0]
        aside.backup(database)
    words, table = Words(dict(made.words.told)), Table(store, made.table.id)
    found = replace(made, table=table, words=words, typists={})
    for inside in made.typists:
        found.typists[inside] = Typist(app, speaker(table, inside)).open(SIDE.get(inside, "ours"))
    return found


_MADE: list[tuple[sqlite3.Connection, SecretsTable]] = []


def circle_of(table: Table, inside: str) -> Circle:
    return AUTHORITIES if inside == AMONG_AUTHORITIES else Circle.inside(table.party_id(inside))


def speaker(table: Table, inside: str) -> Person:
    """Who writes inside: a partner only comments."""
    seat = getattr(table, WRITER[inside])
    person: Person = seat.com if inside == "asso" else seat.dg
    return person


# ---------------------------------------------------------------------- what a file brings


def a_file(words: Words) -> Json:
    """A shared exchange on both engagements, and an internal draft, remark and document of each inside."""
    thread = [move("en01-m01", "og.dg", "proposal", "Nous proposons 93 %.", value=93)]
    for number, inside in enumerate(READERS, start=2):
        thread += _inside_moves(words, inside, number=number * 2)
    written = [
        engagement(ENGAGEMENT, {"type": "indicator", "id": "i01", "field": "targets.2028"}, list(DECIDING), thread),
        engagement("en02", {"type": "clause", "id": "k01"}, ["og", "ars"]),
    ]
    content = scenario(parties=list(PARTIES), engagements=written)
    content["documents"] = [_document(words, inside, number) for number, inside in enumerate(READERS)]
    content["follow_up"]["avenants"] = [_avenant(words)]
    content["calendar"], content["sessions"] = [_meeting()], [_seance([each["id"] for each in thread])]
    return content


def _meeting() -> Json:
    told = {"id": "c01", "kind": "seance", "title": "Séance", "date": "2026-03-20", "time": "09:00", "place": "Siège"}
    return told | {"phase": "negociation", "party_ids": list(DECIDING), "status": "done", "produces": "Un relevé."}


def _seance(move_ids: list[str]) -> Json:
    """What is said to all in a séance names every move of the file, those that are inside too."""
    said = {"id": "se1-c01", "at": "2026-03-20T09:03", "member_id": "ars.dg", "kind": "message", "text": "Bonjour."}
    return {
        "id": "se1",
        "calendar_id": "c01",
        "title": "Séance",
        "date": "2026-03-20",
        "start": "09:00",
        "end": "11:00",
        "place": "Siège",
        "attendees": ["ars.dg", "og.dg"],
        "facilitator": "ars.dg",
        "note_taker": "og.dg",
        "agenda": ["Les cibles"],
        "messages": [said | {"refs": move_ids}],
        "decisions": [],
    }


def _inside_moves(words: Words, inside: str, *, number: int) -> list[Json]:
    party = WRITER[inside]
    said = partial(words.new, inside)
    visibility = "authorities" if inside == AMONG_AUTHORITIES else "internal"
    member = f"{party}.com" if party == "asso" else f"{party}.redac"
    named = f"{said('id of an imported remark')}-m{number:02}"
    remark = move(named, member, "comment", f"Entre nous : {said('imported remark')}.")
    noted = [remark | {"visibility": visibility}]
    if party in DECIDING:
        draft = move(
            f"en01-m{number + 1:02}",
            member,
            "counter_proposal",
            f"Projet de réponse {said('imported draft')}.",
            value=words.number(inside, "value of an imported draft"),
            rationale=f"Notre plancher : {said('motive of an imported draft')}.",
        )
        noted.append(draft | {"visibility": visibility})
    return noted


def _document(words: Words, inside: str, number: int) -> Json:
    return {
        "id": f"d{number:02}",
        "title": f"Note interne {words.new(inside, 'title of a document')}",
        "kind": "financier",
        "provided_by": WRITER[inside],
        "date": "2026-02-03",
        "visibility": "authorities" if inside == AMONG_AUTHORITIES else "internal",
    }


def _avenant(words: Words) -> Json:
    shared = _avenant_move(1, "og", "proposal", "Une cible ramenée à 92 %.", "shared")
    inside = [
        _avenant_move(
            number,
            WRITER[inside],
            "comment",
            f"En interne : {words.new(inside, 'move of an avenant')}.",
            "authorities" if inside == AMONG_AUTHORITIES else "internal",
        )
        for number, inside in enumerate(READERS, start=2)
    ]
    return {
        "id": "av1",
        "number": 1,
        "title": "Ajustement",
        "reason": "Travaux.",
        "requested_by": "og",
        "requested_on": "2026-03-10",
        "status": "signed",
        "signed_on": "2026-07-02",
        "changes": [],
        "moves": [shared, *inside],
    }


def _avenant_move(number: int, party: str, kind: str, text: str, visibility: str) -> Json:
    return {
        "id": f"av1-m{number}",
        "n": number,
        "at": f"2026-03-{10 + number}T10:00",
        "party_id": party,
        "member_id": f"{party}.{'com' if party == 'asso' else 'dg'}",
        "type": kind,
        "visibility": visibility,
        "text": text,
        "value": None,
        "accepts": None,
    }


# ---------------------------------------------------------------------- what people say


def _talk_inside(found: SecretsTable, inside: str) -> None:
    table, said = found.table, partial(found.words.new, inside)
    circle, person = circle_of(table, inside), speaker(table, inside)
    for clause in (ENGAGEMENT, TEXT):
        opened = person.note(clause, f"Une remarque : {said('comment')}.", circle)
        person.play(Move.COMMENT, clause, f"Et encore {said('reply')}.", circle=circle, reply_to=opened.move_id)
        found.comments[inside] = opened.move_id
    if inside in DECIDING:
        asked = person.play(Move.QUESTION, TEXT, f"Peut-on dire {said('question')} ?", circle=circle)
        person.play(Move.ANSWER, TEXT, f"Non, {said('answer')}.", circle=circle, reply_to=asked.move_id)
    with table.store.unit_of_work() as uow:
        found.messages[inside] = send_message(
            uow, person.actor, circle=circle, text=f"Voici notre ligne : {said('message')}."
        )


def _prepare_inside(found: SecretsTable, inside: str) -> None:
    """A mandate, and a text that waits for its visa: who may negotiate decides, whoever only drafts asks."""
    table, said, seat = found.table, partial(found.words.new, inside), getattr(found.table, inside)
    asked = Order(
        Move.PROPOSAL, text=f"Projet : {said('text that waits')}.", motive=f"Car {said('motive that waits')}."
    )
    terms = Terms(
        floor=found.words.number(inside, "floor of a mandate"),
        fallback=f"Repli : {said('fallback of a mandate')}.",
        leeway=f"Marge : {said('leeway of a mandate')}.",
    )
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, seat.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
        set_mandate(uow, seat.dg.actor, table.clause_id(ENGAGEMENT), terms)
        waiting = submit(
            uow, seat.redac.actor, table.clause_id(TEXT), asked, words=f"Vite, {said('words of the asker')}."
        )
        found.visas[inside] = str(waiting.request_id)


def _shape_inside(found: SecretsTable, inside: str) -> None:
    """A fiche's indicator that nobody else knows of, with a text, a number, an engagement and a part below it."""
    table, said, person = found.table, partial(found.words.new, inside), speaker(found.table, inside)
    circle, objective = circle_of(table, inside), PartKind.STRATEGIC_OBJECTIVE
    with table.store.unit_of_work() as uow:
        actor = person.actor
        top = add_part(uow, actor, NewPart(objective, f"Objectif {said('title of a part')}", circle=circle))
        add_part(uow, actor, NewPart(PartKind.OPERATIONAL_OBJECTIVE, f"Dessous {said('title below')}", top))
        indicator = NewPart(PartKind.INDICATOR, f"Mesure {said('title of an indicator')}", circle=circle)
        found.parts[inside] = add_part(uow, actor, replace(indicator, parent_id=table.part_id("fa01")))
        promise = NewClause(f"Promesse {said('title of an engagement')}", debtor_id=actor.party_id)
        clause_id = add_clause(uow, actor, found.parts[inside], promise)
        promised = said("text of an inside clause")
        write_working(uow, actor, clause_id, text=f"Nous promettons {promised}.")
        cited = f"Pourquoi {said('comment on an inside text')} ?"
        write_comment(uow, actor, clause_id, Comment(circle, cited, quotation=Quotation(promised)))


def _arrange_inside(found: SecretsTable, inside: str) -> None:
    """Who does what: somebody named beside a part, a task, filters that one keeps, a voice that is lent."""
    table, said, person = found.table, partial(found.words.new, inside), speaker(found.table, inside)
    circle, seat = circle_of(table, inside), getattr(table, WRITER[inside])
    with table.store.unit_of_work() as uow:
        naming = Writing(mentions=frozenset({person.member.id}))
        beside = f"Regardez : {said('message beside a part, which names somebody')}."
        send_message(uow, seat.sign.actor, circle=circle, text=beside, part_id=table.part_id("fa01"), writing=naming)
        wish = Wish(circle, f"Relire {said('title of a task')}", owner=person.member.id)
        found.tasks[inside] = open_task(uow, person.actor, wish)
        if inside in PARTIES:
            keep_view(uow, person.actor, name=f"Mes {said('name of a view')}", query="etat=a-moi")
        if inside in DECIDING:
            lent = {"starts_on": paris_day(now()).isoformat(), "ends_on": paris_day(now()).isoformat()}
            delegate = seat.com.member.id
            found.delegations[inside] = set_delegation(uow, seat.redac.actor, to_member_id=delegate, **lent)


# ---------------------------------------------------------------------- what people type


class Typist(Visitor):
    """A visitor with a live draft open in his page."""

    def __init__(self, app: Flask, person: Person) -> None:
        super().__init__(app)
        self.enter(person.email)
        self.table = person.table
        self.socket = self.open_socket()
        self.document: Doc = Doc()
        self.draft: dict[str, object] = {}

    def open(self, side: str, part: str = "fa01") -> "Typist":
        place = {"part": self.table.part_id(part), "side": side}
        opened = asks(self.socket, "open_draft", {**place, "schema": SCHEMA_VERSION, "state_vector": ""})
        assert opened["ok"], opened
        self.document.apply_update(base64.b64decode(opened["update"]))
        self.draft = {"draft": opened["draft"], "epoch": opened["epoch"]}
        return self

    def type(self, words: str, clause: str = TEXT) -> None:
        known = self.document.get_state()
        fragment = self.document.get(f"clause:{self.table.clause_id(clause)}", type=XmlFragment)
        fragment.children.append(XmlElement("paragraph", {}, [XmlText(words)]))
        update = base64.b64encode(self.document.get_update(known)).decode()
        pushed = asks(self.socket, "push_update", {**self.draft, "op": new_id(), "update": update})
        assert pushed["ok"], pushed

    def point(self, clause: str = TEXT) -> None:
        place = {"anchor": "a", "head": "h"}
        moved = {**self.draft, "clause": self.table.clause_id(clause), "selection": place}
        assert asks(self.socket, "move_cursor", moved)["ok"]


def reader_of(app: Flask, found: SecretsTable, party: str) -> Visitor:
    """Somebody of this party, signed in: the one with most rights."""
    return Visitor(app).enter(speaker(found.table, party).email)


def type_secrets(app: Flask, found: SecretsTable) -> None:
    """A private draft of each inside that drafts, typed in a live page that stays open."""
    for inside in (*DECIDING, AMONG_AUTHORITIES):
        typist = Typist(app, speaker(found.table, inside)).open(SIDE.get(inside, "ours"))
        typist.type(f"Brouillon {found.words.new(inside, 'live draft')}")
        found.drafts[inside] = str(typist.draft["draft"])
        found.typists[inside] = typist
