"""The application on a fresh database, as the server runs it, without a server around it."""

from collections.abc import Generator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.config import Settings
from app.observability import configure_logging
from tests.made_once import work_out_once
from tests.mail_server import PostBox
from tests.visitors import Visitor

work_out_once()


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
