"""A small table for the live drafts: a gestionnaire, two authorities, a partner; one part with two clauses."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText
from sqlmodel import Session

from negotiation.drafting.markdown_bridge import plain_text_hash, read_fragment
from negotiation.rules.lifecycle import Origin
from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.rules.vocabulary import (
    ClauseKind,
    DocumentKind,
    Move,
    NegotiationStatus,
    PartKind,
    PartyKind,
    Phase,
    Right,
    Side,
    ValueKind,
)
from negotiation.services.access import actor_in
from negotiation.services.drafting import LiveDrafts, OpenedDraft, open_draft, push_update
from negotiation.services.moves import Order, Seen, play
from negotiation.store import Store
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Clause, ClauseParty, Document, Negotiation, Part
from negotiation.store.exchange import Version
from negotiation.store.people import Member, Party, Person

SIGNED_IN = Authentication(Method.PASSWORD, now())
DRAFTER_AND_NEGOTIATOR = [str(Right.REDACTEUR), str(Right.VALIDEUR)]
_PEOPLE = {
    "alice": ("og", DRAFTER_AND_NEGOTIATOR),
    "amina": ("og", DRAFTER_AND_NEGOTIATOR),
    "lea": ("og", [str(Right.LECTEUR)]),
    "bruno": ("ars", DRAFTER_AND_NEGOTIATOR),
    "carole": ("cd", DRAFTER_AND_NEGOTIATOR),
    "paul": ("usagers", [str(Right.COMMENTATEUR)]),
}
_PARTIES = {
    "og": (PartyKind.GESTIONNAIRE, Side.GESTIONNAIRE, "G"),
    "ars": (PartyKind.REGIONAL_HEALTH_AGENCY, Side.AUTHORITY, "A"),
    "cd": (PartyKind.DEPARTMENT, Side.AUTHORITY, "D"),
    "usagers": (PartyKind.PARTNER, Side.ASSOCIATE, "P"),
}


@dataclass
class DraftingTable:
    """Ids by short name, and the actors."""

    store: Store
    negotiation_id: str
    part_id: str
    clause_id: str
    other_clause_id: str
    parties: dict[str, str]
    person_ids: dict[str, str]
    members: dict[str, str]
    live: LiveDrafts = field(init=False)

    def __post_init__(self) -> None:
        self.live = LiveDrafts.of(self.store)

    def actor(self, name: str) -> Actor:
        with self.store.reading() as session:
            return actor_in(session, self.negotiation_id, person_id=self.person_ids[name], authentication=SIGNED_IN)

    def play(self, name: str, move: Move, *, text: str = "", motive: str = "") -> None:
        """A move on the first clause, by somebody who sees the current version."""
        actor = self.actor(name)
        with self.store.unit_of_work() as uow:
            clause = uow.session.get_one(Clause, self.clause_id)
            version = uow.session.get(Version, clause.current_version_id) if clause.current_version_id else None
            seen = Seen(version.number, version.fingerprint) if version else Seen()
            order = Order(move, text=text, motive=motive, seen=seen, origin=Origin.PARTY)
            play(uow, actor, self.clause_id, order)

    def agree(self, text: str = "Texte accordé") -> None:
        self.play("alice", Move.PROPOSAL, text=text)
        self.play("bruno", Move.ACCEPTANCE)

    def reopen(self) -> None:
        self.play("bruno", Move.REOPENING, motive="À revoir")
        self.play("alice", Move.REOPENING_CONSENT)

    def freeze(self) -> None:
        with self.store.unit_of_work() as uow:
            uow.session.get_one(Negotiation, self.negotiation_id).frozen_at = datetime(2026, 1, 1, tzinfo=UTC)


class Browser:
    """What the editor's page does, without its page: a document, the sequence it reached, pushes and pulls."""

    def __init__(self, table: DraftingTable, name: str, *, side: str = "commune", client: int | None = None) -> None:
        self.table, self.name, self.side = table, name, side
        self.document: Doc = Doc(client_id=client)
        self.opened = self.open()

    def open(self) -> OpenedDraft:
        opened = open_draft(
            self.table.live,
            self.table.actor(self.name),
            part_id=self.table.part_id,
            side=self.side,
            state_vector=self.document.get_state(),
        )
        if opened.update:
            self.document.apply_update(opened.update)
        return opened

    def fragment(self, clause_id: str | None = None) -> XmlFragment:
        return self.document.get(f"clause:{clause_id or self.table.clause_id}", type=XmlFragment)

    def type(self, words: str, clause_id: str | None = None) -> bytes:
        """A new paragraph at the end, as one update, not yet pushed."""
        known = self.document.get_state()
        self.fragment(clause_id).children.append(XmlElement("paragraph", {}, [XmlText(words)]))
        return self.document.get_update(known)

    def value(self, value: str) -> bytes:
        known = self.document.get_state()
        self.document.get("values", type=Map)[self.table.clause_id] = value
        return self.document.get_update(known)

    def push(self, update: bytes, op_id: str | None = None) -> int:
        stored = push_update(
            self.table.live,
            self.table.actor(self.name),
            draft_id=self.opened.draft_id,
            epoch=self.opened.epoch,
            op_id=op_id or new_id(),
            update=update,
        )
        return stored.sequence

    def text(self, clause_id: str | None = None) -> str:
        return read_fragment(self.document, f"clause:{clause_id or self.table.clause_id}")

    def hash(self) -> str:
        names = [f"clause:{self.table.clause_id}", f"clause:{self.table.other_clause_id}"]
        return plain_text_hash(self.document, names)


def set_table(store: Store, key: str = "table") -> DraftingTable:
    """The rows, in one transaction. Both clauses concern the gestionnaire and the ARS; nothing is tabled yet."""
    with store.unit_of_work() as uow:
        session = uow.session
        negotiation = _negotiation(key)
        session.add(negotiation)
        session.flush()
        parties = {name: _party(session, negotiation, name) for name in _PARTIES}
        session.flush()
        people = {name: _person(session, negotiation, name, key=key, parties=parties) for name in _PEOPLE}
        part = _part(session, negotiation)
        session.flush()
        clauses = [
            Clause(
                negotiation_id=negotiation.id,
                part_id=part.id,
                kind=ClauseKind.TEXT,
                field=name,
                label=name,
                position=position,
                value_kind=value_kind,
                working_text=text,
                working_value=value,
                attributes={},
            )
            for position, (name, text, value_kind, value) in enumerate(
                [("objet", "Texte **initial**", ValueKind.NONE, None), ("cible", "Cible", ValueKind.NUMBER, "93.5")]
            )
        ]
        session.add_all(clauses)
        session.flush()
        for clause in clauses:
            session.add_all(ClauseParty(clause_id=clause.id, party_id=parties[name].id) for name in ("og", "ars"))
        return DraftingTable(
            store,
            negotiation.id,
            part.id,
            clauses[0].id,
            clauses[1].id,
            {name: party.id for name, party in parties.items()},
            {name: person.id for name, (person, _) in people.items()},
            {name: member.id for name, (_, member) in people.items()},
        )


def _negotiation(key: str) -> Negotiation:
    return Negotiation(
        key=key,
        title="CPOM",
        reference="R",
        sector="ehpad",
        contract_type="cpom",
        legal_basis=[],
        territory="T",
        status=NegotiationStatus.IN_NEGOTIATION,
        phase=Phase.NEGOTIATION,
        opened_on=date(2026, 1, 1),
        contract_start=date(2027, 1, 1),
        contract_end=date(2031, 12, 31),
        duration_years="5",
        extension_months_max=12,
        summary="",
    )


def _party(session: Session, negotiation: Negotiation, name: str) -> Party:
    kind, side, letter = _PARTIES[name]
    party = Party(
        negotiation_id=negotiation.id,
        key=name,
        kind=kind,
        side=side,
        name=name.upper(),
        short_name=name,
        letter=letter,
        position=list(_PARTIES).index(name),
    )
    session.add(party)
    return party


def _person(
    session: Session, negotiation: Negotiation, name: str, *, key: str, parties: dict[str, Party]
) -> tuple[Person, Member]:
    party, rights = _PEOPLE[name]
    person = Person(email=f"{name}@{key}.example")
    session.add(person)
    session.flush()
    member = Member(
        negotiation_id=negotiation.id,
        party_id=parties[party].id,
        person_id=person.id,
        key=f"{party}.{name}",
        title=f"Directrice {name}",
        rights=rights,
        position=list(_PEOPLE).index(name),
    )
    session.add(member)
    return person, member


def _part(session: Session, negotiation: Negotiation) -> Part:
    document = Document(negotiation_id=negotiation.id, kind=DocumentKind.CONTRACT, title="Contrat", attributes={})
    session.add(document)
    session.flush()
    part = Part(
        negotiation_id=negotiation.id,
        document_id=document.id,
        kind=PartKind.FICHE_ACTION,
        key="FA1",
        code="FA1",
        title="Fiche",
        attributes={},
        position=0,
    )
    session.add(part)
    return part
