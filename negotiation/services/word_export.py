"""What leaves for Word: built from what one reader may see, kept as it left, known to his own party alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from negotiation.documents.print_tree import NAMES_OF_PARTS, WORKING_STATES
from negotiation.documents.print_words import plain
from negotiation.documents.word_annexes import SAID, annexes_of, signature_blocks
from negotiation.documents.word_body import Content, Remark
from negotiation.documents.word_contract import Thread, WordClause, WordContract, WordPart, hand_of, texts_of, values_of
from negotiation.documents.word_lines import Hand, Step
from negotiation.errors import NotFound
from negotiation.events import Event, Kind
from negotiation.rules.anchoring import Anchor
from negotiation.rules.french_names import day_words, of_name, the_name
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.values import as_read
from negotiation.rules.vocabulary import (
    SHARED,
    Action,
    Circle,
    ClauseKind,
    ClauseState,
    PartKind,
    ValueKind,
)
from negotiation.rules.word_choices import WordComments, WordKind
from negotiation.services.access import require
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.draft_starts import written_since
from negotiation.services.drafted import Drafted
from negotiation.services.drafting import drafted_clauses
from negotiation.services.word_values import NamedValues
from negotiation.store.columns import new_id, now
from negotiation.store.exchange_files import WordExport
from negotiation.store.people import Party
from negotiation.store.queries.clauses import ClauseCard, cards_of_parts, cards_on_the_table
from negotiation.store.queries.exchanges import MoveView, VersionView, versions_of
from negotiation.store.queries.negotiations import NegotiationView, PlanEntry, negotiation_view, plan_of
from negotiation.store.queries.origins import starting_text
from negotiation.store.queries.people import members_of, parties_of
from negotiation.store.queries.threads import Thread as Talk
from negotiation.store.queries.threads import discussed_clauses, standing_versions, threads_page
from negotiation.store.unit_of_work import UnitOfWork

TABLE_COMMUNE = "Table commune"
DRAFT_HAND = "brouillon interne"
"""Beside the name of its party, who wrote what an own draft holds."""
_UNTITLED = "Sans intitulé"


@dataclass(frozen=True)
class WordChoice:
    """`part_id` None = the whole contract; `is_tracking`: Word opens the file with tracking on; `has_draft`: the own
    draft of the party leaves too, as changes of its own, in a tracked file."""

    kind: WordKind
    comments: WordComments = WordComments.NONE
    part_id: str | None = None
    is_tracking: bool = False
    has_draft: bool = False


def collect_word(session: Session, actor: Actor, choice: WordChoice) -> WordContract:
    """What the file will hold, as this person reads it. Raises NotFound, NotAllowed."""
    require(actor, Action.EXPORT)
    if choice.has_draft:
        require(actor, Action.READ_DRAFT, circle=Circle.inside(actor.party_id))
    reading = _Reading(session, actor, choice)
    entries = _chosen(plan_of(session, actor), choice.part_id)
    return reading.contract(entries)


def new_export_id() -> str:
    """By which a file that comes back names the export it comes from."""
    return new_id()


def record_word(uow: UnitOfWork, actor: Actor, choice: WordChoice, *, export_id: str, contract: WordContract) -> None:
    """Keep what the file holds, and say inside the reader's party that it left. Raises NotFound, NotAllowed."""
    require(actor, Action.EXPORT)
    negotiation = uow.lock(actor.negotiation_id)
    circle = Circle.inside(actor.party_id)
    uow.session.add(
        WordExport(
            id=export_id,
            negotiation_id=negotiation.id,
            circle=str(circle),
            member_id=actor.member_id,
            at=now(),
            kind=choice.kind,
            part_id=choice.part_id,
            texts=_kept(contract),
        )
    )
    facts = {
        "party": uow.session.get_one(Party, actor.party_id).key,
        "kind": str(choice.kind),
        "part": contract.parts[0].title if choice.part_id else "",
    }
    uow.record(Event(Kind.WORD_EXPORTED, negotiation.id, circle, actor.key, facts))


def _kept(contract: WordContract) -> dict[str, dict[str, str]]:
    """As `WordExport.texts` keeps it."""
    texts, values = texts_of(contract), values_of(contract)
    kept = {key: {**texts.get(key, {}), "value": values[key]} for key in values if key in texts or values[key]}
    for clause in (clause for part in contract.parts for clause in part.clauses):
        if clause.draft or clause.drafted_value:
            kept.setdefault(clause.id, {"value": values[clause.id]})["draft"] = "1"
    return kept


def _chosen(plan: Sequence[PlanEntry], part_id: str | None) -> list[PlanEntry]:
    """The shared parts; or one part, still inside perhaps, with what hangs below it for the same readers."""
    if part_id is None:
        return [entry for entry in plan if entry.circle == SHARED]
    found = [entry for entry in plan if entry.id == part_id]
    if not found:
        raise NotFound()
    kept = {part_id}
    for entry in plan:  # parents come before their children
        if entry.parent_id in kept and entry.circle == found[0].circle:
            kept.add(entry.id)
            found.append(entry)
    return found


class _Reading:
    """The rows of one export, read once."""

    def __init__(self, session: Session, actor: Actor, choice: WordChoice) -> None:
        self.session = session
        self.actor = actor
        self.choice = choice
        self.negotiation: NegotiationView = negotiation_view(session, actor.negotiation_id)
        self.parties = {party.id: party for party in parties_of(session, actor.negotiation_id)}
        self.members = members_of(session, actor.negotiation_id)
        self.values = NamedValues(session, actor)
        self.drafts: dict[str, Mapping[str, Drafted]] = {}
        self.has_drafted = False
        self.discussed = discussed_clauses(session, actor) if choice.comments is not WordComments.NONE else frozenset()

    def contract(self, entries: Sequence[PlanEntry]) -> WordContract:
        cards = self._cards(entries)
        depths: dict[str, int] = {}
        parts = []
        for entry in entries:
            depths[entry.id] = depths.get(entry.parent_id or "", 0) + 1
            held = [card for card in cards.get(entry.id, ()) if card.state is not ClauseState.WITHDRAWN]
            parts.append(WordPart(_title(entry), entry.code, depths[entry.id], tuple(map(self._clause, held))))
        made = now()
        return WordContract(
            title=plain(self.negotiation.title),
            preface=tuple(self._preface(entries)),
            parts=tuple(parts),
            made_at=made,
            footer=f"{self.negotiation.reference} · exporté le {day_words(paris_day(made))}",
            notice=self._notice(entries),
            is_tracked=self.choice.kind is WordKind.TRACKED,
            is_tracking=self.choice.is_tracking,
            ending=tuple(self._ending()),
        )

    # ------------------------------------------------------------------ around

    def _cards(self, entries: Sequence[PlanEntry]) -> Mapping[str, Sequence[ClauseCard]]:
        """Of shared parts, the clauses that every party reads."""
        if entries and entries[0].circle != SHARED:
            return cards_of_parts(self.session, self.actor, [entry.id for entry in entries])
        found: dict[str, list[ClauseCard]] = {}
        for card in cards_on_the_table(self.session, self.actor.negotiation_id):
            found.setdefault(card.part_id, []).append(card)
        return found

    def _preface(self, entries: Sequence[PlanEntry]) -> Iterable[str]:
        mine = self.parties[self.actor.party_id].short_name
        yield self.negotiation.reference
        yield "Entre " + _listed([party.name for party in self.parties.values() if party.letter])
        if self.choice.part_id:
            yield f"Extrait : {_title(entries[0])}"
        made = day_words(paris_day(now()))
        yield f"Exporté le {made} pour {the_name(mine)}. Document de travail, sans valeur de contrat."
        if self.choice.kind is WordKind.TRACKED:
            yield (
                "Suivi des modifications : tout refuser donne le texte accordé, à défaut le texte de départ ; tout "
                "accepter donne le texte proposé. Chaque marque porte le nom de la partie qui la propose."
            )
        if self.has_drafted:
            yield "Marques « brouillon interne » : ce que votre partie n’a pas proposé. Tout accepter les prend aussi."

    def _ending(self) -> Iterable[Content]:
        """Of the whole contract: its annexes as they stand, without marks, then the places to sign."""
        if self.choice.part_id:
            return
        content = contract_as_it_stands(self.session, self.actor.negotiation_id).content
        yield from annexes_of(content, said=SAID)
        yield from signature_blocks(content)

    def _notice(self, entries: Sequence[PlanEntry]) -> str:
        """Said on each page of a file that others must not get."""
        is_inside = bool(entries) and entries[0].circle != SHARED
        if self.has_drafted:
            mine = of_name(self.parties[self.actor.party_id].short_name)
            return f"Confidentiel : brouillon interne {mine}. Les autres parties ne le lisent pas : ne pas transmettre."
        if not is_inside and self.choice.comments is not WordComments.ALL:
            return ""
        mine = self.parties[self.actor.party_id].short_name
        return f"Interne {mine} : ce fichier contient ce que les autres parties ne lisent pas. Ne pas transmettre."

    # ------------------------------------------------------------------ a clause

    def _clause(self, card: ClauseCard) -> WordClause:
        versions = self._path(card)
        base, value = self._start(card, versions)
        steps = [(version, self._hand(version.author_id, version.member_id, version)) for version in versions]
        draft, drafted_value = self._draft(card)
        is_bare = card.value_kind is not ValueKind.NONE and not (base or card.text or draft)
        name = card.label or _UNTITLED
        title = f"{card.code} · {name}" if card.code and card.code not in name else name
        return WordClause(
            id=card.id,
            title=plain(title),
            said=self._said(card),
            base=base,
            steps=tuple(Step(version.text, hand) for version, hand in steps),
            values=(
                Step(self.values.shown(card, value), Hand("")),
                *(Step(self.values.shown(card, version.value), hand) for version, hand in steps),
            ),
            threads=self._threads(card),
            has_text=not is_bare,
            draft=draft,
            drafted_value=drafted_value,
        )

    def _draft(self, card: ClauseCard) -> tuple[Step | None, Step | None]:
        """The text and the value that the party writes inside beyond what stands; neither where another version left
        its writers behind. A value that is half typed stays inside."""
        if not self.choice.has_draft or card.state is ClauseState.AGREED:
            return None, None
        inside = Circle.inside(self.actor.party_id)
        if card.part_id not in self.drafts:
            self.drafts[card.part_id] = drafted_clauses(self.session, card.part_id, circle=inside)
        drafted = self.drafts[card.part_id].get(card.id)
        if drafted is None:
            return None, None
        value = as_read(drafted.value, card.value_kind) if card.follows_id is None else None
        has_value = value is not None and value != card.value
        has_text = drafted.text not in ("", card.text)
        if not (has_text or has_value) or written_since(self.session, card.id, circle=inside) is None:
            return None, None
        self.has_drafted = True
        hand = hand_of(self.parties[self.actor.party_id].short_name, DRAFT_HAND, None)
        shown = Step(self.values.shown(card, value), hand) if has_value else None
        return Step(drafted.text, hand) if has_text else None, shown

    def _path(self, card: ClauseCard) -> list[VersionView]:
        """From the agreed text to the one on the table, each version after the one that it answers."""
        if card.state is ClauseState.AGREED or card.situation.current is None:
            return []
        agreed, current = standing_versions(self.session, self.actor, card.id)
        known = {version.id: version for version in versions_of(self.session, card.id).values()}
        found: list[VersionView] = []
        reached: str | None = current
        while reached and reached != agreed and reached in known and known[reached] not in found:
            found.append(known[reached])
            reached = known[reached].base_id
        return found[::-1]

    def _start(self, card: ClauseCard, versions: Sequence[VersionView]) -> tuple[str, Any]:
        """The agreed text, else what stood there before anybody proposed; with no proposal, what stands."""
        if not versions:
            return card.text, card.value
        if card.agreed_text is not None:
            return card.agreed_text, card.agreed_value
        return starting_text(self.session, card.id), None

    def _said(self, card: ClauseCard) -> str:
        said = []
        debtor = self.parties.get(card.debtor_id or "")
        if card.kind is ClauseKind.ENGAGEMENT and debtor:
            said.append(f"À la charge {of_name(debtor.short_name)}")
            others = [
                the_name(party.short_name)
                for party in self.parties.values()
                if party.id in card.situation.concerned and party.id != debtor.id
            ]
            said += [f"envers {_listed(others)}"] if others else []
        is_written = bool(card.text) or card.value is not None
        state = "" if card.state is ClauseState.TO_WRITE and is_written else WORKING_STATES.get(card.state, "")
        if card.follows_code:
            state = f"suit l’engagement {card.follows_code}"
        told = ", ".join(said)
        return " · ".join(words for words in (told, state[:1].upper() + state[1:]) if words)

    def _hand(self, party_id: str | None, member_id: str | None, version: VersionView) -> Hand:
        if party_id is None:
            return Hand(TABLE_COMMUNE, version.tabled_at)
        return hand_of(self.parties[party_id].short_name, self._job(member_id), version.tabled_at)

    def _job(self, member_id: str | None) -> str:
        return self.members[member_id].title if member_id in self.members else ""

    # ------------------------------------------------------------------ comments

    def _threads(self, card: ClauseCard) -> tuple[Thread, ...]:
        if card.id not in self.discussed:
            return ()
        found: list[Talk] = []
        page: int | None = 0
        while page is not None:
            threads = threads_page(self.session, self.actor, card.id, page=page)
            found = [*threads.threads, *found]
            page = threads.older
        return tuple(made for talk in found if self._leaves(talk.root.circle) and (made := self._thread(card, talk)))

    def _leaves(self, circle: Circle) -> bool:
        return circle == SHARED or self.choice.comments is WordComments.ALL

    def _thread(self, card: ClauseCard, talk: Talk) -> Thread | None:
        """None when nothing of it is left to read."""
        remarks = tuple(self._remark(move, talk) for move in (talk.root, *talk.replies) if move.text)
        if not remarks:
            return None
        passage = talk.passage
        if passage is None:
            return Thread(remarks)
        anchor = Anchor(passage.quote, passage.before, passage.after, passage.start)
        return Thread(remarks, anchor, card.text if passage.old_text is None else passage.old_text)

    def _remark(self, move: MoveView, talk: Talk) -> Remark:
        inside = "" if move.circle == SHARED else " (interne)"
        hand = hand_of(self.parties[move.party_id].short_name, self._job(move.member_id) + inside, move.at)
        return Remark(hand, move.text, talk.is_settled)


def _title(entry: PlanEntry) -> str:
    """« Fiche action FA05 · Répit » ; « Préambule » is said once."""
    told = "" if entry.code == entry.title else entry.code
    name = NAMES_OF_PARTS.get(entry.kind, "")
    before = f"{name} {told}".strip() if told[:1].isdigit() or (name != "Article" and told) else told
    if entry.kind is PartKind.ARTICLE and not told:
        before = ""
    return plain(" · ".join(words for words in (before, entry.title or _UNTITLED) if words))


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} et {names[-1]}" if len(names) > 1 else "".join(names)
