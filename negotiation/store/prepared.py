"""Statements written once, for what runs at every keystroke: the toolkit's own way to the driver takes several times as
long as the database does (measured: docs/adr/0014)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update
from sqlalchemy.exc import DBAPIError

Row = Mapping[str, object]


@dataclass(frozen=True)
class _Written:
    """`places`: the names of the values in their order, or None where the driver takes them by name; `ways`: how the
    values of some names are handed to the driver."""

    text: str
    places: tuple[str, ...] | None
    ways: Mapping[str, Callable[[Any], Any]]

    def values(self, row: Row) -> Any:
        ready = {name: self.ways[name](value) if name in self.ways else value for name, value in row.items()}
        return ready if self.places is None else tuple(ready[name] for name in self.places)


class Prepared:
    """An INSERT or UPDATE and the names of what it is given each time."""

    def __init__(self, statement: Insert | Update, *names: str) -> None:
        self._statement = statement
        self._names = list(names)
        self._written: dict[str, _Written] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Once for each row, in the transaction of this connection. Raises DBAPIError as the toolkit does."""
        if not rows:
            return
        dialect = connection.dialect
        written = self._written.get(dialect.name) or self._write(dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(written.text, [written.values(row) for row in rows])
        except Exception as error:
            raise _named(error, dialect, written.text) from error
        finally:
            cursor.close()

    def _write(self, dialect: Dialect) -> _Written:
        compiled = self._statement.compile(dialect=dialect, column_keys=self._names)
        found = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        places = tuple(compiled.positiontup) if compiled.positiontup else None
        ways = {name: way for name, way in found.items() if way is not None}
        self._written[dialect.name] = _Written(str(compiled), places, ways)
        return self._written[dialect.name]


def _named(error: Exception, dialect: Dialect, text: str) -> BaseException:
    """What the driver raised, under the names that everybody here knows."""
    dbapi_error = dialect.loaded_dbapi.Error
    if not isinstance(error, dbapi_error):
        return error
    return DBAPIError.instance(text, None, error, dbapi_error, hide_parameters=True, dialect=dialect)
