"""Statements written once, for what runs at every keystroke or opening: the toolkit's own way to the driver takes
several times as long as the database does (measured: docs/adr/0014)."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, object]


@dataclass(frozen=True)
class _Written:
    """`places`: the names of the values in their order, or None where the driver takes them by name; `ways`: how the
    values of some names are handed to the driver."""

    text: str
    places: tuple[str, ...] | None
    ways: Mapping[str, Callable[[Any], Any]]

    def values(self, row: Row) -> Any:
        ways = self.ways
        if self.places is None:
            return {name: ways[name](value) if name in ways else value for name, value in row.items()}
        return [ways[name](row[name]) if name in ways else row[name] for name in self.places]


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
        self._written[dialect.name] = _written(compiled, dialect)
        return self._written[dialect.name]


class Question:
    """A SELECT of columns, which its rows carry by their names. It sees what was flushed, and nothing of a session's
    objects."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._columns = list(statement.selected_columns)
        row = namedtuple("row", [column.name for column in self._columns])  # type: ignore[misc]
        self._row: Callable[..., Any] = row
        self._written: dict[str, tuple[_Written, Sequence[Callable[[Any], Any] | None]]] = {}

    def ask(self, connection: Connection, given: Row) -> list[Any]:
        """Its rows, in the transaction of this connection. Raises DBAPIError as the toolkit does."""
        dialect = connection.dialect
        written, ways = self._written.get(dialect.name) or self._write(dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(written.text, written.values(given))
            found = cursor.fetchall()
        except Exception as error:
            raise _named(error, dialect, written.text) from error
        finally:
            cursor.close()
        return [
            self._row(*(way(value) if way else value for way, value in zip(ways, row, strict=True))) for row in found
        ]

    def _write(self, dialect: Dialect) -> tuple[_Written, Sequence[Callable[[Any], Any] | None]]:
        ways = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in self._columns]
        self._written[dialect.name] = (_written(self._statement.compile(dialect=dialect), dialect), ways)
        return self._written[dialect.name]


def _written(compiled: SQLCompiler, dialect: Dialect) -> _Written:
    found = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
    places = tuple(compiled.positiontup) if compiled.positiontup else None
    return _Written(str(compiled), places, {name: way for name, way in found.items() if way is not None})


def _named(error: Exception, dialect: Dialect, text: str) -> BaseException:
    """What the driver raised, under the names that everybody here knows."""
    dbapi_error = dialect.loaded_dbapi.Error
    if not isinstance(error, dbapi_error):
        return error
    return DBAPIError.instance(text, None, error, dbapi_error, hide_parameters=True, dialect=dialect)
