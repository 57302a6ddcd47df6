"""All rows, imported once, so that SQLModel's metadata is whole."""

from sqlmodel import SQLModel

from negotiation.store import (
    contract,
    draft_states,
    exchange,
    following,
    inside,
    notifying,
    people,
    preparation,
    record,
    talk,
)

ROWS = (contract, draft_states, exchange, following, inside, notifying, people, preparation, record, talk)
METADATA = SQLModel.metadata
