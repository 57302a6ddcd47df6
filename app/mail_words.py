"""The French of a mail about a negotiation: its subject, and lines under titles. Numbers, codes, hashes only (T5)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.pages.presentation import clock_fr, count_fr, date_fr, datetime_fr
from negotiation.rules.clause_text import french_typography
from negotiation.rules.vocabulary import Notice, PartKind
from negotiation.services.mail_contents import News
from negotiation.store.queries.notices import Change, Name, Todo
from negotiation.store.queries.receipts import Act

LONGEST_TITLE = 120
"""Characters of a negotiation's title in a subject."""
MOST_NAMED = 8
"""Clauses that one line names."""

_PARTS = {
    PartKind.ARTICLE: "un article",
    PartKind.STRATEGIC_OBJECTIVE: "un objectif stratégique",
    PartKind.OPERATIONAL_OBJECTIVE: "un objectif opérationnel",
    PartKind.FICHE_ACTION: "une fiche action",
    PartKind.INDICATOR: "un indicateur",
    PartKind.FUNDING_LINE: "une ligne de financement",
    PartKind.FRAMING_SECTION: "la note de cadrage",
    PartKind.MINUTES: "un relevé de décisions",
    PartKind.DIALOGUE: "un dialogue de gestion",
    PartKind.EVALUATION: "l’évaluation finale",
}
_MEETINGS = {
    "reunion": "une réunion",
    "copil": "le COPIL",
    "cotech": "le comité technique",
    "seance": "une séance",
    "dialogue_gestion": "le dialogue de gestion",
    "signature": "la signature",
    "evaluation": "une évaluation",
}
_CHANGES: dict[Notice, Callable[[int], str]] = {
    Notice.YOUR_TURN: lambda count: f"{_clauses(count)} {_wait(count)} votre réponse",
    Notice.MENTION: lambda count: f"on vous nomme {count} fois",
    Notice.VOIDED: lambda count: (
        "une acceptation de votre partie est tombée"
        if count == 1
        else f"{count} acceptations de votre partie sont tombées"
    ),
    Notice.VISA: lambda count: f"visas de votre partie : {count_fr(count, 'fait')}",
    Notice.TASK: lambda count: f"tâches : {count_fr(count, 'fait')}",
    Notice.MOVES: lambda count: count_fr(count, "mouvement"),
    Notice.TALK: lambda count: f"commentaires et discussion : {count_fr(count, 'message')}",
    Notice.TABLE: lambda count: f"membres, plan et versions : {count_fr(count, 'fait')}",
}
_ACTS = {
    "clause.proposed": "proposition",
    "clause.countered": "contre-proposition",
    "clause.accepted": "acceptation",
    "clause.rejected": "refus",
    "clause.withdrawn": "retrait de la proposition",
    "clause.agreed": "accord de toutes les parties concernées",
    "clause.reopened": "clause rouverte",
    "clause.abandoned": "clause abandonnée",
    "reserve.stated": "réserve",
    "reserve.lifted": "levée de la réserve",
    "reserve.maintained": "réserve maintenue",
    "reopening.requested": "demande de réouverture",
    "reopening.consented": "consentement à la réouverture",
    "abandonment.requested": "demande d’abandon",
    "abandonment.consented": "consentement à l’abandon",
    "concerned.requested": "demande de changer les parties concernées",
    "concerned.consented": "consentement à changer les parties concernées",
    "concerned.changed": "parties concernées changées",
    "request.refused": "refus de la demande",
    "request.withdrawn": "retrait de la demande",
}


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class SaidAct:
    """« EN01 : acceptation de la version 2 », its fingerprint or nothing, the address that lasts."""

    said: str
    fingerprint: str
    link: str


@dataclass(frozen=True)
class SaidReceipt:
    said: str
    acts: tuple[SaidAct, ...]


def subject_of(news: News) -> str:
    """« Navette : 3 clauses attendent votre réponse, CPOM 2027-2031 Fondation Orlinde »."""
    return french_typography(f"Navette : {_what_matters(news)}, {short_title(news.negotiation.title)}")


def short_title(title: str) -> str:
    """On one line, cut at a word: a title with a line of its own would write a header of its own."""
    words = " ".join(title.split())
    return words if len(words) <= LONGEST_TITLE else f"{words[:LONGEST_TITLE].rsplit(' ', 1)[0]}…"


def sections_of(news: News) -> tuple[Section, ...]:
    """What waits first, then what changed, then the days to come; without what is empty."""
    sections = (
        Section("Ce qui vous attend", tuple(_todo(news, news.todo))),
        Section("Ce qui a changé", tuple(_changed(news, change) for change in news.changes)),
        Section("À venir", tuple(_to_come(news))),
    )
    return tuple(
        Section(section.title, tuple(french_typography(line) for line in section.lines))
        for section in sections
        if section.lines
    )


def receipts_in(news: News, base_url: str) -> tuple[SaidReceipt, ...]:
    """Who did what, when, and the version's fingerprint in full: what nobody can deny, without a word of it."""
    return tuple(
        SaidReceipt(
            french_typography(
                f"{datetime_fr(receipt.at, 'long').striptags()}, {short_title(receipt.party)}"
                f" ({short_title(receipt.title)}) : {count_fr(len(receipt.acts), 'acte')}"
            ),
            tuple(_said_act(news, act, base_url) for act in receipt.acts),
        )
        for receipt in news.receipts
    )


def _said_act(news: News, act: Act, base_url: str) -> SaidAct:
    name = next(map(_name, news.named([act.clause_id])), "une clause")
    version = f", version {act.version}" if act.version else ""
    became = "".join(f", {_ACTS[kind]}" for kind in act.became)
    return SaidAct(
        french_typography(f"{name}{version} : {_ACTS[act.kind]}{became}"),
        act.fingerprint or "",
        f"{base_url}/clauses/{act.clause_id}/navette?etape={act.move_id}",
    )


def _what_matters(news: News) -> str:
    counts = {change.notice: change.count for change in news.changes}
    if news.todo.clauses:
        count = len(news.todo.clauses)
        return f"{_clauses(count)} {_wait(count)} votre réponse"
    if news.todo.visas:
        return f"{count_fr(len(news.todo.visas), 'visa attendu', 'visas attendus')} de vous"
    for notice in (Notice.VOIDED, Notice.MENTION, Notice.YOUR_TURN):
        if notice in counts:
            return _CHANGES[notice](counts[notice])
    if news.receipts and not counts:
        count = sum(len(receipt.acts) for receipt in news.receipts)
        return count_fr(count, "accusé de réception", "accusés de réception")
    return "du nouveau"


def _todo(news: News, todo: Todo) -> Iterator[str]:
    if todo.clauses:
        count, late = len(todo.clauses), f", dont {todo.late} en retard" if todo.late else ""
        names = _names(news, (awaited.clause_id for awaited in todo.clauses))
        yield f"{_clauses(count)} {_wait(count)} la réponse de votre partie{late}{names}"
    if todo.visas:
        yield f"{count_fr(len(todo.visas), 'visa attendu', 'visas attendus')} de vous"
    if todo.tasks:
        yield count_fr(len(todo.tasks), "tâche à faire", "tâches à faire")
    if todo.last:
        said = count_fr(len(todo.last), "geste attendu", "gestes attendus")
        yield f"{said} de vous pour figer, signer, rouvrir ou clore : l’accueil dit lequel"


def _changed(news: News, change: Change) -> str:
    return f"{_CHANGES[change.notice](change.count)}{_names(news, change.clause_ids)}"


def _to_come(news: News) -> Iterator[str]:
    deadline = news.todo.deadline
    if deadline is not None:
        said = "échéance passée depuis le" if deadline < news.today else "prochaine échéance le"
        yield f"{said} {date_fr(deadline).striptags()}"
    if news.meeting is not None:
        at = f" à {clock_fr(news.meeting.time).striptags()}" if news.meeting.time else ""
        kind = _MEETINGS.get(news.meeting.kind, "une réunion")
        yield f"prochain rendez-vous le {date_fr(news.meeting.on).striptags()}{at} : {kind}"


def _names(news: News, clause_ids: Iterable[str]) -> str:
    """« (EN01, FA02, une fiche action) », or nothing when none of it is shared."""
    said = list(dict.fromkeys(_name(name) for name in news.named(clause_ids)))
    more = [f"et {len(said) - MOST_NAMED} autres"] if len(said) > MOST_NAMED + 1 else []
    kept = said[:MOST_NAMED] + more if more else said
    return f" ({', '.join(kept)})" if kept else ""


def _name(name: Name) -> str:
    return name.code or _PARTS[name.kind]


def _clauses(count: int) -> str:
    return count_fr(count, "clause")


def _wait(count: int) -> str:
    return "attend" if count < 2 else "attendent"
