"""What each application and each database would work out anew, though it is the same for all, is worked out once in a
process: hundreds are opened in a run. Imported by the fixtures that open them.
"""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule
from whitenoise import WhiteNoise


def work_out_once() -> None:
    """From now on, in this process."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}
    Flask.url_rule_class = _Address
    WhiteNoise.update_files_dictionary = _list_files
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        # A compiled statement is found again by its dialect: those of one kind are one to that search.
        dialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[assignment,method-assign]
        dialect.__hash__ = lambda one: hash(type(one))  # type: ignore[assignment,method-assign]
    Engine._compiled_cache = property(lambda engine: _STATEMENTS, lambda engine, own: None)  # type: ignore[assignment]


_STATEMENTS: Any = LRUCache(5_000)


class _Templates(BytecodeCache):
    """Compiled templates, by the key of their source."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


class _Address(Rule):
    """What reads an address by a rule, and what writes one."""

    _kept: ClassVar[dict[object, dict[str, Any]]] = {}

    def compile(self) -> None:
        told = (self.rule, self.subdomain, self.host, self.merge_slashes, repr(self.defaults))
        if told not in self._kept:
            super().compile()
            made = {name: getattr(self, name) for name in ("_parts", "_trace", "_converters", "arguments")}
            self._kept[told] = made | {name: getattr(self, name).__func__ for name in ("_build", "_build_unknown")}
            return
        for name, value in self._kept[told].items():
            setattr(self, name, value.__get__(self) if callable(value) else value)


def _list_files(files: WhiteNoise, root: str, prefix: str) -> None:
    if (root, prefix) not in _LISTED:
        empty = WhiteNoise(None, immutable_file_test=files.immutable_file_test)
        _LIST_FILES(empty, root, prefix)
        _LISTED[root, prefix] = empty.files
    files.files |= _LISTED[root, prefix]


_LISTED: dict[tuple[str, str], dict[str, Any]] = {}
_LIST_FILES = cast("Callable[[WhiteNoise, str, str], None]", WhiteNoise.update_files_dictionary)
