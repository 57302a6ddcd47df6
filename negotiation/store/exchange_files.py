"""Rows: the files that went out to Word and came back. What a party does with Word is its own affair."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from negotiation.rules.word_choices import WordKind
from negotiation.store.columns import enum_column, json_column, key_column, new_id, now


class WordExport(SQLModel, table=True):
    """A Word file as it left, so that what was changed in it without tracking is found when it comes back.

    `texts`: {clause id: {"agreed": Markdown, "proposed": Markdown, "value": words}}, what the file reads with every
    change rejected and accepted, of the clauses whose text is in the file between bookmarks, and the value that it
    shows with every change accepted. `part_id` None = the whole contract.
    """

    __tablename__ = "word_export"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    circle: str = Field(max_length=60)
    """The inside of the party whose member made it."""
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    at: datetime = Field(default_factory=now)
    kind: WordKind = Field(sa_column=enum_column(WordKind))
    part_id: str | None = Field(default=None, max_length=36)
    texts: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
