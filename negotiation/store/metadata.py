"""All rows, imported once, so that SQLModel's metadata is whole."""

from sqlmodel import SQLModel

from negotiation.store import (
    contract,
    draft_states,
    exchange,
    following,
    inside,
    minutes,
    notifying,
    people,
    preparation,
    record,
    reviews,
    seances,
    talk,
)

ROWS = (
    contract,
    draft_states,
    exchange,
    following,
    inside,
    minutes,
    notifying,
    people,
    preparation,
    record,
    reviews,
    seances,
    talk,
)
METADATA = SQLModel.metadata
