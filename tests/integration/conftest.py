"""The application on a fresh database, as the server runs it, without a server around it."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import ClassVar

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from app import create_app
from app.config import Settings
from app.observability import configure_logging
from tests.mail_server import PostBox
from tests.visitors import Visitor


class CompiledOnce(BytecodeCache):
    """Templates are compiled once in a process, whatever the number of applications made in it."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


class RuleCompiledOnce(Rule):
    """What writes an address from a rule is compiled once in a process too: there are hundreds of rules."""

    _kept: ClassVar[dict[object, Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        told = (tuple(self._trace), repr(self.defaults), append_unknown)
        if told not in self._kept:
            self._kept[told] = super()._compile_builder(append_unknown)
        return self._kept[told]


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledOnce()}
Flask.url_rule_class = RuleCompiledOnce


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url, port=8000, log_level="error")


@pytest.fixture
def box() -> Generator[PostBox]:
    """A mail server, and what it took."""
    with PostBox() as opened:
        yield opened


@pytest.fixture
def mail_settings(database_url: str, tmp_path: Path, box: PostBox) -> Settings:
    """Those of an instance that sends mails to that server."""
    return Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        port=8000,
        log_level="error",
        email_url=box.url,
        email_from="Navette <navette@exemple.example>",
    )


@pytest.fixture
def app(settings: Settings) -> Generator[Flask]:
    configure_logging(settings)
    application = create_app(settings)
    application.testing = True
    yield application
    application.extensions["store"].engine.dispose()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(app)
