"""Pandoc in its own process: what it may not do, and how it fails."""

import io
import json
import re
import socket
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from negotiation.documents import pandoc
from negotiation.documents.pandoc import ConversionFailed, convert
from tests.word_corpus.make import FILES


def test_markdown_becomes_word_and_comes_back() -> None:
    word = convert(b"Un *mot*.", source="commonmark", target="docx")

    assert word.startswith(b"PK")
    assert convert(word, source="docx", target="commonmark").decode().strip() == "Un *mot*."


def test_a_file_of_the_server_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "canari.txt"
    secret.write_text("CANARI", encoding="utf-8")
    for source, text in (
        ("rst", f".. include:: {secret}\n"),
        ("markdown", f"![]({secret})"),
        ("latex", f"\\input{{{secret}}}"),
    ):
        try:
            made = convert(text.encode(), source=source, target="html", options=["--embed-resources", "--standalone"])
        except ConversionFailed as failure:
            made = failure.reason.encode()
        assert b"CANARI" not in made
        assert b"Q0FOQVJJ" not in made


def test_what_is_no_word_file_is_refused_with_a_reason() -> None:
    with pytest.raises(ConversionFailed) as refusal:
        convert(b"PK\x03\x04 pas un document", source="docx", target="json")
    assert refusal.value.reason == "unreadable"


def test_a_text_that_fills_the_memory_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandoc, "HEAP", "16m")
    many = {
        "pandoc-api-version": [1, 23, 1],
        "meta": {},
        "blocks": [{"t": "Para", "c": [{"t": "Str", "c": "a" * 99}]}] * 60_000,
    }
    with pytest.raises(ConversionFailed) as refusal:
        convert(json.dumps(many).encode(), source="json", target="docx")
    assert refusal.value.reason == "too_big"


def test_a_conversion_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandoc, "TIME_LIMIT", 0.01)
    with pytest.raises(ConversionFailed) as refusal:
        convert(b"mot " * 100_000, source="commonmark", target="docx")
    assert refusal.value.reason == "too_long"


def test_without_pandoc_the_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandoc, "program", lambda: None)
    with pytest.raises(ConversionFailed) as refusal:
        convert(b"mot", source="commonmark", target="docx")
    assert refusal.value.reason == "absent"


def test_no_conversion_calls_anybody() -> None:
    """Pictures and templates that a hostile document asks of elsewhere: a listener stays alone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        away = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        convert(f"![vue]({away})\n\n<img src='{away}'>".encode(), source="markdown", target="docx")
        page = f"<link rel=stylesheet href={away}><img src={away}><iframe src={away}></iframe>"
        for target in ("docx", "odt"):
            with suppress(ConversionFailed):
                convert(page.encode(), source="html", target=target)
        for name in ("external_picture.docx", "external_template.docx"):
            held = io.BytesIO()
            with zipfile.ZipFile(FILES / name) as given, zipfile.ZipFile(held, "w") as changed:
                for part in given.namelist():
                    changed.writestr(part, re.sub(rb'https?://[^"<]+(?=" TargetMode)', away.encode(), given.read(part)))
            with suppress(ConversionFailed):
                convert(held.getvalue(), source="docx", target="json")
        with pytest.raises(TimeoutError):
            listener.accept()
