"""All rows, imported once, so that SQLModel's metadata is whole."""

from sqlmodel import SQLModel

from negotiation.store import (
    amendment,
    contract,
    derived,
    draft_states,
    exchange,
    exchange_files,
    following,
    inside,
    minutes,
    notifying,
    people,
    preparation,
    prepared_files,
    record,
    reviews,
    seances,
    signing,
    talk,
    word_returns,
)

ROWS = (
    amendment,
    contract,
    derived,
    draft_states,
    exchange,
    exchange_files,
    following,
    inside,
    minutes,
    notifying,
    people,
    preparation,
    prepared_files,
    record,
    reviews,
    seances,
    signing,
    talk,
    word_returns,
)
METADATA = SQLModel.metadata
