"""Rows: what is worked out of shared facts so that pages needn't: nobody's inside is in them."""

from typing import Any

from sqlmodel import Field, SQLModel

from negotiation.store.columns import json_column


class VersionOrigin(SQLModel, table=True):
    """Who first proposed each word of a tabled text: derived from the versions before it.

    `rule`: that by which it was derived; what an earlier one derived counts for nothing.
    """

    __tablename__ = "version_origin"
    version_id: str = Field(foreign_key="version.id", primary_key=True, ondelete="CASCADE", max_length=36)
    rule: int
    runs: list[Any] = Field(sa_column=json_column())
    """[party id, null for what was there before, "?" for what nobody can tell; first version that said it; words]."""


class ClauseGlance(SQLModel, table=True):
    """What happened on a clause, summed up (`rules.glance.ClauseSummary`), when its `revision` was this one."""

    __tablename__ = "clause_glance"
    clause_id: str = Field(foreign_key="clause.id", primary_key=True, ondelete="CASCADE", max_length=36)
    revision: int
    rule: int
    facts: dict[str, Any] = Field(sa_column=json_column())
