"""The crawl of all that a visitor can reach: every route with every id, every question, and the links of the pages.

    visitor = Visitor(app).enter(table.ars.dg.email)
    for address, answer in crawl(visitor, ids_of(store, table.id)).items(): …

`tests/opened_bytes.py` looks for words in what a crawl brings back.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser
from itertools import cycle, product
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from flask import Flask
from sqlalchemy import select
from sqlmodel import col
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter
from werkzeug.test import TestResponse

from app.pages.clause_view import TABS
from negotiation.store import Store
from negotiation.store.contract import Clause, Essms, Part
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.inside import VisaRequest
from negotiation.store.people import Delegation, Member, Party
from negotiation.store.record import FrozenVersion, HistoryEntry
from negotiation.store.seances import Seance, SeanceDecision, SeancePoint
from negotiation.store.signing import PaperSignature, SigningAct
from negotiation.store.talk import SavedView, Task
from negotiation.store.word_returns import WordReturn
from tests.crawling_questions import Ids, questions
from tests.databases import is_short_run
from tests.visitors import Visitor

HOME = "http://localhost/"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "script-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What each answer says to browsers (trust T9, 3.4)."""
MOST_LINKED = 8
"""Questions that pages themselves lead to, of one address, in the ordinary run: dates and states to compare lead on to
each other."""
HEAVY = frozenset({"engagement_file.engagement_pdf"})
"""A second of typesetting each: asked of a few clauses, by their addresses and by links."""
FEW = 2
_HEAVY_LINK = re.compile(r"^/clauses/[^/]+(?=/dossier\.pdf)")
_TYPESET = re.compile(r"/projet\.pdf")
"""The whole contract typeset, in two seconds, from what other pages say: in the ordinary run, no crawl that is asked of
a few things only has it; it is never asked for its links."""
_STEP = re.compile(r"(?<=[?&]etape=)[^&#]+")
READING = "tab"
"""The argument that says which reading of a clause is shown."""


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is whole; `redirected` the address it names."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def kind(self) -> str:
        return dict(self.headers).get("Content-Type", "").partition(";")[0]

    @property
    def head(self) -> bytes:
        return repr(self.headers).encode()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def answer_of(response: TestResponse) -> Answer:
    body = response.get_data()
    response.close()
    return Answer(response.status_code, tuple(response.headers), body)


# ---------------------------------------------------------------------- what there is to ask for


def ids_of(store: Store, negotiation_id: str) -> dict[str, list[str]]:
    """Every id of a negotiation that a route may be given."""

    def every(row: Any) -> list[str]:
        with store.reading() as session:
            return list(session.execute(select(col(row.id)).where(col(row.negotiation_id) == negotiation_id)).scalars())

    return {
        "negotiation_id": [negotiation_id],
        "part_id": every(Part),
        "clause_id": every(Clause),
        "party_id": every(Party),
        "member_id": every(Member),
        "delegation_id": ["inconnue", *every(Delegation)],
        "essms_id": [*every(Essms), "inconnue"],
        "version_id": every(FrozenVersion),
        "paper_id": ["inconnue", *every(PaperSignature)],
        "act_id": ["inconnu", *every(SigningAct)],
        "visa_id": ["inconnu", *every(VisaRequest)],
        "message_id": ["inconnu", *every(Message)],
        "move_id": ["inconnu", *every(MoveRow)],
        "task_id": ["inconnue", *every(Task)],
        "return_id": ["inconnu", *every(WordReturn)],
        "view_id": ["inconnue", *every(SavedView)],
        "seance_id": ["inconnue", *every(Seance)],
        "point_id": ["inconnu", *every(SeancePoint)],
        "decision_id": ["inconnue", *every(SeanceDecision)],
        "entry_id": ["inconnu", *_messages_sent(store, negotiation_id)],
        "year": ["2024", "x"],
        "when": ["2026-04-02", "2026-04-03T10:30", "1999-01-01"],
        "token": ["inconnu"],
        "trame_id": ["inconnue"],
        "part_key": ["preambule"],
        "draft_id": ["inconnue"],
        "model": ["handicap", "inconnu"],
    }


def _messages_sent(store: Store, negotiation_id: str) -> list[str]:
    """Facts of each circle: of a kind that its party may let everybody read."""
    with store.reading() as session:
        sent = (col(HistoryEntry.negotiation_id) == negotiation_id) & (col(HistoryEntry.kind) == "message.sent")
        return list(session.execute(select(col(HistoryEntry.id)).where(sent)).scalars())


def question_names(app: Flask) -> set[str]:
    """The name of every question that the crawl asks somewhere."""
    some: Ids = {"party_id": ["x"]}
    return {name for rule in routes(app) for question in questions(rule, some) for name in question}


def routes(app: Flask) -> list[Rule]:
    """Every route that a link can follow."""
    return [rule for rule in app.url_map.iter_rules() if rule.methods and "GET" in rule.methods]


def addresses_of(app: Flask, rule: Rule, ids: Ids, asked: Ids) -> Iterator[str]:
    """The route with every id it may be given; with every question too where its ids are among `asked`.

    The readings of a clause have one margin: each of its questions is asked beside one of them, in turn.
    """
    names = sorted(rule.arguments - set(rule.defaults or {}) - {READING})
    readings = _values(rule, READING, ids) if READING in rule.arguments - set(rule.defaults or {}) else [None]
    adapter = app.url_map.bind("localhost")
    for values in product(*(_values(rule, name, ids) for name in names)):
        given = dict(zip(names, values, strict=True))
        beside = [given | ({READING: reading} if reading else {}) for reading in readings]
        paths = [adapter.build(rule.endpoint, {**(rule.defaults or {}), **each}) for each in beside]
        yield from paths
        if all(value in asked[name] for name, value in given.items() if name in asked):
            yield from (f"{path}?{urlencode(about)}" for path, about in zip(cycle(paths), questions(rule, ids)))


def _values(rule: Rule, name: str, ids: Ids) -> list[str]:
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)
    assert name in ids, f"say in tests/crawling.py which ids <{name}> of {rule.rule} may have"
    return ids[name][:FEW] if rule.endpoint in HEAVY else ids[name]


def crawl(visitor: Visitor, ids: Ids, *, asked: Ids | None = None) -> dict[str, Answer]:
    """Every answer by address: each route with each id, each question on the ids of `asked` (all of them unless told),
    then whatever questions those pages link to, beside one reading of each clause.

    In the ordinary run, what is asked by a link of clauses that aren't among `ids` is asked of one of them, what isn't
    there for this visitor is asked one question instead of all, no address more than `MOST_LINKED` that links ask, and
    with `asked` nothing is typeset whole.
    """
    chosen = ids if asked is None else asked
    told_of = frozenset(ids.get("clause_id", [])) if is_short_run() else None
    waiting = [address for rule in routes(visitor.app) for address in addresses_of(visitor.app, rule, ids, chosen)]
    if asked is not None and is_short_run():
        waiting = [address for address in waiting if not _TYPESET.search(address)]
    waiting.sort(key=lambda address: "?" not in address)  # the last comes first: whether it is there, then questions
    met = {_beside_any_reading(address) for address in waiting}
    found: dict[str, Answer] = {}
    nowhere: set[str] = set()
    led: Counter[str] = Counter()
    while waiting:
        address = waiting.pop()
        path, _, question = address.partition("?")
        if address in found or (question and path in nowhere):
            continue
        found[address] = answer_of(visitor.get(address))
        if question and is_short_run() and path in found and found[path].status == found[address].status == 404:
            nowhere.add(path)
        linked = {link for link in links_of(address, found[address]) if "?" in link and not _TYPESET.search(link)}
        for link in sorted(linked):
            same = _of_any_other_clause(_beside_any_reading(link), told_of)
            path = same.partition("?")[0]
            if same in met or (is_short_run() and led[path] >= MOST_LINKED):
                continue
            met.add(same)
            led[path] += 1
            waiting.append(link)
    return found


def _beside_any_reading(address: str) -> str:
    return _READING_OF_CLAUSE.sub(r"\1", address)


def _of_any_other_clause(address: str, told_of: frozenset[str] | None) -> str:
    """The same for links that are asked once: of a file, and, in the ordinary run, of a step among all of a clause."""
    address = _HEAVY_LINK.sub("§", address)
    address = _STEP.sub("§", address) if told_of is not None else address
    found = _CLAUSE.match(address)
    return address if told_of is None or not found or found[1] in told_of else address.replace(found[1], "§", 1)


def archive_of(visitor: Visitor, negotiation_id: str) -> dict[str, Answer]:
    """The archive of proof by its address, as a crawl would bring it back: a form asks for it, which no link does."""
    address = f"/negociations/{negotiation_id}/archive"
    return {address: answer_of(visitor.post(address))}


def word_of(visitor: Visitor, negotiation_id: str) -> dict[str, Answer]:
    """The contract for Word with every comment that this person reads, for a form asks for it too."""
    address = f"/negociations/{negotiation_id}/word"
    return {address: answer_of(visitor.post(address, {"kind": "docx_tracked", "comments": "tous"}))}


def links_of(address: str, answer: Answer) -> Iterator[str]:
    """Where a page of ours leads, here, each address once."""
    targets = {answer.header("Location")} if answer.status in range(300, 400) else set()
    if answer.kind == "text/html":
        targets |= set(_LINK.findall(answer.text))
    base = urljoin(HOME, address)
    led = (_led_to(HOME if target.startswith("/") else base, target) for target in sorted(targets))
    yield from (link for link in led if link)


@lru_cache(maxsize=4096)
def _led_to(base: str, target: str) -> str:
    """The address here, or nothing for one that is elsewhere, signs out, or never changes."""
    parts = urlsplit(urljoin(base, unescape(target)))
    if parts.netloc != "localhost" or parts.path == "/deconnexion" or parts.path.startswith("/static/"):
        return ""
    return parts._replace(scheme="", netloc="", fragment="").geturl()


_LINK = re.compile(r'\s(?:href|hx-get|src|action)="([^"]*)"')
_CLAUSE = re.compile(r"/clauses/([^/?]+)")
_READING_OF_CLAUSE = re.compile(rf"^(/clauses/[^/?]+)/(?:{'|'.join(TABS)})(?=\?)")


# ---------------------------------------------------------------------- pages as they should be


@dataclass
class Shape(HTMLParser):
    """What a page is made of, as far as its readers and the content policy care."""

    headings: int = 0
    titles: list[str] = field(default_factory=list)
    language: str = ""
    inline: list[str] = field(default_factory=list)
    whole: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self._in_title, self._drawings = False, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.headings += tag == "h1"
        if tag == "html":
            self.whole, self.language = True, given.get("lang") or ""
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.inline.append(f"<{tag}>")
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        self._drawings += tag == "svg"
        self._in_title = tag == "title" and not self._drawings
        if self._in_title:
            self.titles.append("")

    def handle_endtag(self, tag: str) -> None:
        self._drawings -= tag == "svg"
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.titles[-1] += data


def faults_of(answer: Answer) -> list[str]:
    """What is wrong with an answer, whatever it answers."""
    faults = ["a failure"] if answer.status >= 500 else []
    faults += [name for name, value in HEADERS.items() if value not in answer.header(name)]
    return faults + (_faults_of_html(answer) if answer.kind == "text/html" and answer.body else [])


def _faults_of_html(answer: Answer) -> list[str]:
    shape = Shape()
    shape.feed(answer.text)
    faults = [f"inline: {found}" for found in shape.inline]
    if shape.whole and answer.status not in range(300, 400):
        faults += [] if shape.headings == 1 else [f"{shape.headings} h1"]
        faults += [] if shape.language == "fr" else ["not said to be French"]
        faults += [] if len(shape.titles) == 1 and shape.titles[0].strip(" ·") else [f"titles: {shape.titles}"]
    return faults


_RECALL = rb'<form class="recall".*?</form>'
_OWN_AND_SHORT = re.compile(rb'<div data-author="[^"]*">\s*' + _RECALL + rb"\s*</div>|" + _RECALL, re.DOTALL)
"""« Annuler l’envoi »: for thirty seconds, on what the reader himself has just written."""
_TOKENS = re.compile(rb'(name="csrf_token" value=|name="request_key" value=|name="socket-token" content=)"[^"]*"')


def comparable(answers: Mapping[str, Answer]) -> dict[str, tuple[int, bytes]]:
    """Answers without what is drawn anew for each: form and socket tokens."""
    return {
        address: (answer.status, _TOKENS.sub(rb"\1", _OWN_AND_SHORT.sub(b"", answer.body)))
        for address, answer in answers.items()
    }


def differing(before: Mapping[str, Answer], after: Mapping[str, Answer]) -> list[str]:
    first, second = comparable(before), comparable(after)
    return sorted(address for address in first.keys() | second.keys() if first.get(address) != second.get(address))
