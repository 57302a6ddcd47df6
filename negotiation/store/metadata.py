"""All rows, imported once, so that SQLModel's metadata is whole."""

from sqlmodel import SQLModel

from negotiation.store import contract, exchange, following, people, preparation, record

ROWS = (contract, exchange, following, people, preparation, record)
METADATA = SQLModel.metadata
