"""What an instance refuses to start with, what it takes for its own, and what its log never says."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.config import Settings
from app.observability import tell_failure
from app.security import local_path, origin_is_ours
from app.sockets.pace import BURST, EVENTS_PER_SECOND, LONGEST_WAIT, Pace
from negotiation.errors import TooManyAttempts

GOOD_SECRET = "q8Zr1tXw5kLm0vBn7cYd3fGh6jPs2aEu"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


# ---------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    "secret",
    ["x", "a" * 64, "abcabcabc" * 6, "changeme-changeme-0123456789-ABCDEF", "Secret-Key-0123456789-ABCDEFGHIJ"],
)
def test_a_short_or_example_secret_is_refused_and_never_quoted(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(secret_key=secret)
    assert secret not in str(refused.value) or len(secret) == 1


@pytest.mark.parametrize("open_to_others", [{"host": "0.0.0.0"}, {"base_url": "https://navette.example"}])
def test_an_instance_that_others_reach_needs_a_secret_of_its_own(open_to_others: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="SECRET_KEY est obligatoire"):
        Settings(**open_to_others)
    assert Settings(**open_to_others, secret_key=GOOD_SECRET).signing_key() == GOOD_SECRET


def test_the_secret_of_a_local_instance_is_drawn_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    drawn = settings.signing_key()
    assert len(drawn) >= 48
    assert Settings(data_dir=tmp_path / "data").signing_key() == drawn
    assert Settings(data_dir=tmp_path / "other").signing_key() != drawn
    assert stat.S_IMODE((tmp_path / "data" / "secret-key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_the_defaults_follow_from_the_port_and_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("DATA_DIR", "/srv/navette")
    settings = Settings()
    assert settings.database_url == "sqlite:////srv/navette/navette.sqlite"
    assert settings.base_url == "http://127.0.0.1:9000"
    assert settings.origins == {"http://127.0.0.1:9000", "http://localhost:9000"}


@pytest.mark.parametrize("address", ["navette.example", "ftp://x.example", "https://x.example/chemin", "https://"])
def test_the_public_address_is_an_origin(address: str) -> None:
    with pytest.raises(ValidationError, match="BASE_URL"):
        Settings(base_url=address, secret_key=GOOD_SECRET)


def test_a_new_process_builds_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, port=8111, base_url="https://n.example", secret_key=GOOD_SECRET, proxies=1)
    for name, value in settings.as_environment().items():
        monkeypatch.setitem(os.environ, name, value)
    assert Settings() == settings


# ---------------------------------------------------------------------- origins and addresses


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"HTTP_ORIGIN": "http://127.0.0.1:8000"}, True),
        ({"HTTP_ORIGIN": "http://LOCALHOST:8000"}, True),
        ({"HTTP_ORIGIN": "http://127.0.0.1:8001"}, False),
        ({"HTTP_ORIGIN": "https://127.0.0.1:8000"}, False),
        ({"HTTP_ORIGIN": "http://127.0.0.1:8000.evil.example"}, False),
        ({"HTTP_ORIGIN": ""}, False),
        ({"HTTP_ORIGIN": "null"}, False),
        ({"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "same-origin"}, True),
        ({"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "none"}, False),
        ({"HTTP_ORIGIN": "http://evil.example", "HTTP_SEC_FETCH_SITE": "same-origin"}, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, False),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, False),
        ({"HTTP_SEC_FETCH_SITE": "none"}, True),
        ({"HTTP_HOST": "evil.example", "HTTP_ORIGIN": "http://evil.example"}, False),
    ],
)
def test_what_comes_from_here_is_told_by_the_origin(headers: dict[str, str], ours: bool) -> None:
    assert origin_is_ours(headers, Settings()) is ours


@pytest.mark.parametrize("path", ["/", "/negociations/1?etat=x", "/clauses/1/accorde#ici"])
def test_a_page_of_ours_is_kept_as_next(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        None,
        "",
        "page",
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "https://evil.example",
        "/\n/evil.example",
        "/\t/x",
    ],
)
def test_nothing_else_is(elsewhere: str | None) -> None:
    assert local_path(elsewhere) == "/"


# ---------------------------------------------------------------------- pace


def test_a_session_sends_a_burst_then_waits_its_turn() -> None:
    pace = Pace()
    waits = [pace.next_turn(100.0) for _ in range(int(BURST) + 3)]
    assert waits[: int(BURST)] == [0.0] * int(BURST)
    assert waits[int(BURST) :] == pytest.approx([n / EVENTS_PER_SECOND for n in (1, 2, 3)])


def test_a_pause_gives_the_turns_back() -> None:
    pace = Pace()
    for _ in range(int(BURST)):
        pace.next_turn(100.0)
    assert pace.next_turn(100.0 + BURST / EVENTS_PER_SECOND) == 0.0


def test_a_flood_is_refused() -> None:
    pace = Pace()
    with pytest.raises(TooManyAttempts):
        for _ in range(int(BURST + EVENTS_PER_SECOND * LONGEST_WAIT) + 2):
            pace.next_turn(100.0)


# ---------------------------------------------------------------------- log


def failure_line(error: BaseException) -> dict[str, Any]:
    try:
        raise error
    except BaseException as raised:
        return dict(tell_failure(None, "error", {"event": "request.failed", "exc_info": raised}))


def test_the_log_says_where_it_failed_and_never_what_people_wrote() -> None:
    line = failure_line(ValueError("le texte d’une clause"))
    assert line["failure"] == "ValueError"
    assert any("failure_line" in step for step in line["way"])
    assert "clause" not in str({key: value for key, value in line.items() if key != "way"})


def test_the_log_says_what_the_machine_lacks() -> None:
    assert failure_line(OSError(28, "No space left on device"))["message"] == "[Errno 28] No space left on device"
