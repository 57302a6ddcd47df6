"""What sockets send, with documents put into it as they stand: a page reads the same as if JSON had written it all."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sockets.plain_json import document_in_base64, dumps, in_base64

words = st.text() | st.binary().map(in_base64)
messages = st.recursive(
    words | st.none() | st.integers(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)
)


def _plainly(message: object) -> object:
    if isinstance(message, dict):
        return {name: _plainly(each) for name, each in message.items()}
    if isinstance(message, list):
        return [_plainly(each) for each in message]
    return getattr(message, "text", message)


@given(messages)
def test_a_document_is_written_as_json_would_write_it(message: object) -> None:
    assert dumps(message, separators=(",", ":")) == json.dumps(_plainly(message), separators=(",", ":"))


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError):
        dumps({"id": UUID(int=1)})


def test_one_document_is_written_once_for_all_who_ask() -> None:
    assert document_in_base64(b"words") is document_in_base64(b"words")
