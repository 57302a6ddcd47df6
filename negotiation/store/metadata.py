"""All rows, imported once, so that SQLModel's metadata is whole."""

from sqlmodel import SQLModel

from negotiation.store import contract, exchange, following, inside, notifying, people, preparation, record, talk

ROWS = (contract, exchange, following, inside, notifying, people, preparation, record, talk)
METADATA = SQLModel.metadata
