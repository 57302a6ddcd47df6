"""Rows: the negotiation, its documents, parts and clauses, its establishments and its money.

Everything two sides must agree on is a clause. Where a clause stands is written beside its history, in the same
transaction, and compared-and-set through `revision`.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.rules.vocabulary import (
    SHARED,
    ClauseKind,
    ClauseState,
    DocumentKind,
    NegotiationStatus,
    PartKind,
    Phase,
    RequestKind,
    ValueKind,
)
from negotiation.store.columns import (
    enum_column,
    json_column,
    key_column,
    list_column,
    new_id,
    no_words,
    now,
)


class Negotiation(SQLModel, table=True):
    """One contract under negotiation. `situation_on` is the day to which an import was cut (« situation au … »)."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    key: str = Field(unique=True, max_length=120)
    title: str
    reference: str
    sector: str
    contract_type: str
    legal_basis: list[str] = Field(sa_column=json_column())
    territory: str
    status: NegotiationStatus = Field(sa_column=enum_column(NegotiationStatus))
    phase: Phase = Field(sa_column=enum_column(Phase))
    opened_on: date
    signed_on: date | None = None
    contract_start: date
    contract_end: date
    duration_years: str = Field(max_length=20)
    extension_months_max: int
    summary: str
    signature_wished_on: date | None = None
    """The retro-planning is counted back from it."""
    trame: str = Field(default="", max_length=80, sa_column_kwargs={"server_default": ""})
    """Key of the template from which it was opened; empty when it was imported."""
    follows: str = Field(default="", max_length=120, sa_column_kwargs={"server_default": ""})
    """Key of the negotiation of the contract that this one comes after; empty when none was named."""
    situation_on: date | None = None
    frozen_at: datetime | None = None
    created_at: datetime = Field(default_factory=now)


class Essms(SQLModel, table=True):
    """An establishment or service of the perimeter."""

    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    name: str
    category: str
    capacity: list[dict[str, Any]] = Field(sa_column=json_column())
    total_places: int
    funder_party_ids: list[str] = Field(sa_column=json_column())
    finess: str
    commune: str
    opening_days: int
    authorised_until: date | None = None
    features: list[str] = Field(sa_column=json_column())
    position: int


class Document(SQLModel, table=True):
    """An ordered tree of parts: the framing note, the contract."""

    __table_args__ = (UniqueConstraint("negotiation_id", "kind"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    kind: DocumentKind = Field(sa_column=enum_column(DocumentKind))
    title: str
    attributes: dict[str, Any] = Field(sa_column=json_column())


class Part(SQLModel, table=True):
    """An article, objective, fiche action, indicator or funding line: what holds clauses.

    `attributes` keeps facts that nobody negotiates (links to other parts by key, scope, essms keys, file status).
    """

    __table_args__ = (
        UniqueConstraint("negotiation_id", "kind", "key"),
        Index("ix_part_document_position", "document_id", "position"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    document_id: str = Field(sa_column=key_column("document.id"))
    parent_id: str | None = Field(default=None, sa_column=key_column("part.id", nullable=True))
    kind: PartKind = Field(sa_column=enum_column(PartKind))
    key: str = Field(max_length=80)
    code: str
    title: str
    attributes: dict[str, Any] = Field(sa_column=json_column())
    position: int
    circle: str = Field(default=str(SHARED), max_length=60, sa_column_kwargs={"server_default": str(SHARED)})
    """Shared, or still the inside of who prepares it."""
    dropped_at: datetime | None = None
    """Left out of the contract, and kept with its trace."""
    dropped_by: str | None = Field(default=None, max_length=36)
    """Member id."""


_REVISION = Column(Integer, nullable=False)


class Clause(SQLModel, table=True):
    """The smallest thing that can be proposed, countered, accepted.

    `working_text` / `working_value` hold what no move ever touched (text of a file, not agreed). `follows_id` names the
    engagement whose agreed value *is* this cell: such a clause holds no value of its own.
    `behind`, the reserves and the `request_` columns mirror `lifecycle.Situation`; lists are of party ids. `circle` is
    that of its part, always.
    """

    __table_args__ = (
        UniqueConstraint("part_id", "field"),
        Index("ix_clause_part_position", "part_id", "position"),
        Index("ix_clause_negotiation_kind", "negotiation_id", "kind"),
    )
    __mapper_args__ = {"version_id_col": _REVISION, "version_id_generator": False}
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    part_id: str = Field(sa_column=key_column("part.id"))
    kind: ClauseKind = Field(sa_column=enum_column(ClauseKind))
    field: str = Field(max_length=120)
    code: str = ""
    label: str
    position: int
    value_kind: ValueKind = Field(sa_column=enum_column(ValueKind))
    unit: str = ""
    debtor_party_id: str | None = Field(default=None, sa_column=key_column("party.id", nullable=True))
    follows_id: str | None = Field(default=None, sa_column=key_column("clause.id", nullable=True))
    working_text: str = ""
    working_value: Any = Field(default=None, sa_column=json_column(nullable=True))
    attributes: dict[str, Any] = Field(sa_column=json_column())

    state: ClauseState = Field(default=ClauseState.TO_WRITE, sa_column=enum_column(ClauseState))
    current_version_id: str | None = Field(default=None, max_length=36)
    agreed_version_id: str | None = Field(default=None, max_length=36)
    versions: int = 0
    behind: list[str] = Field(default_factory=no_words, sa_column=json_column())
    open_reserves: list[str] = Field(default_factory=no_words, sa_column=json_column())
    maintained_reserves: list[str] = Field(default_factory=no_words, sa_column=list_column())
    request_kind: RequestKind | None = Field(default=None, sa_column=enum_column(RequestKind, nullable=True))
    request_by: str | None = Field(default=None, max_length=36)
    request_consents: list[str] = Field(default_factory=no_words, sa_column=json_column())
    request_parties: list[str] = Field(default_factory=no_words, sa_column=list_column())
    circle: str = Field(default=str(SHARED), max_length=60, sa_column_kwargs={"server_default": str(SHARED)})
    moved_on: datetime | None = None
    """Date of the last shared move, declared if the move was imported: « depuis n jours »."""
    revision: int = Field(default=0, sa_column=_REVISION)
    """How often anything shared happened here; compared when the row is written, behind the negotiation's lock."""


class ClauseParty(SQLModel, table=True):
    """A party whose agreement the clause needs."""

    __tablename__ = "clause_party"
    clause_id: str = Field(foreign_key="clause.id", primary_key=True, ondelete="CASCADE", max_length=36)
    party_id: str = Field(foreign_key="party.id", primary_key=True, ondelete="CASCADE", max_length=36)


class Framework(SQLModel, table=True):
    """The financial framework. `base_budget`: {essms, section, funder, cents}; `caf_forecast`: cents."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    currency: str
    base_year: int
    base_budget: list[dict[str, Any]] = Field(sa_column=json_column())
    update_rule: str
    head_office_rate_percent: str
    caf_forecast: dict[str, Any] = Field(sa_column=json_column())
    results_allocation: str
