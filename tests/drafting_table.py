"""A table whose parts are being drafted, and browsers that do what the editor's page does."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from negotiation.drafting.markdown_bridge import plain_text_hash, read_fragment
from negotiation.services.drafting import LiveDrafts, OpenedDraft, open_draft, push_update
from negotiation.store import Store
from negotiation.store.columns import new_id
from negotiation.store.contract import Negotiation
from tests.builders import Person, Table, a_table

START = "Le **contrat**."
"""What `k01.markdown` says before anybody writes."""


@dataclass
class DraftingTable:
    """The article k01 with its two clauses: `k01.markdown`, that concerns everybody, and `en02`, still empty."""

    table: Table
    live: LiveDrafts = field(init=False)

    def __post_init__(self) -> None:
        self.start_again()

    def start_again(self) -> None:
        """What a new process begins with: the same store, no room."""
        self.live = LiveDrafts.of(self.table.store)

    @cached_property
    def part_id(self) -> str:
        return self.table.part_id("k01")

    @cached_property
    def clause_id(self) -> str:
        return self.table.clause_id("k01.markdown")

    @cached_property
    def other_clause_id(self) -> str:
        return self.table.clause_id("en02")

    def person(self, name: str) -> Person:
        """`og.dg`, `ars.redac`…"""
        party, role = name.split(".")
        seat: Person = getattr(getattr(self.table, party), role)
        return seat

    def agree(self, text: str = "Texte accordé") -> None:
        self.table.agree("k01.markdown", text)

    def reopen(self) -> None:
        self.table.og.dg.reopen("k01.markdown")
        self.table.ars.dg.consent("k01.markdown")
        self.table.cd.dg.consent("k01.markdown")

    def freeze(self) -> None:
        with self.table.store.unit_of_work() as uow:
            uow.session.get_one(Negotiation, self.table.id).frozen_at = datetime(2026, 1, 1, tzinfo=UTC)


class Browser:
    """A document, the draft it was opened on, pushes and pulls."""

    def __init__(
        self, table: DraftingTable, name: str, *, side: str = "commune", client: int | None = None, part: str = "k01"
    ) -> None:
        self.table, self.name, self.side = table, name, side
        self.part_id = table.table.part_id(part)
        self.actor = table.person(name).actor
        self.document: Doc = Doc(client_id=client)
        self.opened = self.open()

    def open(self) -> OpenedDraft:
        known = self.document.get_state()
        opened = open_draft(self.table.live, self.actor, part_id=self.part_id, side=self.side, state_vector=known)
        if opened.update:
            self.document.apply_update(opened.update)
        return opened

    def type(self, words: str, clause_id: str | None = None) -> bytes:
        """A new paragraph at the end, as one update, not yet pushed."""
        known = self.document.get_state()
        fragment = self.document.get(f"clause:{clause_id or self.table.clause_id}", type=XmlFragment)
        fragment.children.append(XmlElement("paragraph", {}, [XmlText(words)]))
        return self.document.get_update(known)

    def delete_last(self) -> bytes:
        """The last paragraph of the clause, taken out."""
        known = self.document.get_state()
        children = self.document.get(f"clause:{self.table.clause_id}", type=XmlFragment).children
        del children[len(children) - 1]
        return self.document.get_update(known)

    def value(self, value: str, clause_id: str | None = None) -> bytes:
        known = self.document.get_state()
        self.document.get("values", type=Map)[clause_id or self.table.clause_id] = value
        return self.document.get_update(known)

    def push(self, update: bytes, op_id: str | None = None) -> int:
        stored = push_update(
            self.table.live,
            self.actor,
            draft_id=self.opened.draft_id,
            epoch=self.opened.epoch,
            op_id=op_id or new_id(),
            update=update,
        )
        return stored.sequence

    def text(self, clause_id: str | None = None) -> str:
        return read_fragment(self.document, f"clause:{clause_id or self.table.clause_id}")

    def hash(self) -> str:
        return plain_text_hash(self.document, [f"clause:{clause_id}" for clause_id in self.opened.clauses])


def set_table(store: Store) -> DraftingTable:
    """The gestionnaire, two authorities and a partner."""
    return DraftingTable(a_table(store, parties=["og", "ars", "cd", "asso"]))
