"""How Yjs writes numbers and texts on the wire (lib0 encoding), read without trusting a byte of it."""

from enum import StrEnum
from typing import Final

from negotiation.errors import UpdateRefused

MAX_CLOCK: Final = 2**31
MAX_CLIENT: Final = 2**53


class Reason(StrEnum):
    """Why an update was refused; goes to the log, never to the reader as such."""

    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    TRAILING_BYTES = "trailing_bytes"
    WRONG_COUNT = "wrong_count"
    WRONG_NUMBER = "wrong_number"
    WRONG_TEXT = "wrong_text"
    CLOCK_OVERFLOW = "clock_overflow"
    TOO_DEEP = "too_deep"
    UNKNOWN_ROOT = "unknown_root"
    UNKNOWN_CONTENT = "unknown_content"
    UNKNOWN_NODE = "unknown_node"
    UNKNOWN_MARK = "unknown_mark"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    WRONG_PLACE = "wrong_place"
    HOLLOW_NODE = "hollow_node"
    SOMEBODY_ELSES_CLIENT = "somebody_elses_client"
    CROWDED = "crowded"
    CUT_CHARACTER = "cut_character"
    OP_USED_TWICE = "op_used_twice"
    DOCUMENT_FULL = "document_full"
    LIBRARY_FAILED = "library_failed"


class Reader:
    """A cursor over bytes. Reading past the end raises IndexError; anything else that is wrong, `UpdateRefused`."""

    __slots__ = ("content", "position")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.position = 0

    def at_end(self) -> bool:
        return self.position == len(self.content)

    def byte(self) -> int:
        byte = self.content[self.position]
        self.position += 1
        return byte

    def number(self) -> int:
        """An unsigned number, 7 bits a byte. More bytes than 2^53 takes are refused rather than followed."""
        byte = self.content[self.position]
        self.position += 1
        if byte < 0x80:
            return byte
        number, shift = byte & 0x7F, 7
        while shift < 56:
            byte = self.content[self.position]
            self.position += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7
        raise UpdateRefused(reason=Reason.WRONG_NUMBER)

    def skip_signed_number(self) -> None:
        shift = 6
        while self.byte() >= 0x80:
            shift += 7
            if shift > 53:
                raise UpdateRefused(reason=Reason.WRONG_NUMBER)

    def count(self, least: int) -> int:
        """How many things follow, each at least so many bytes: a count the bytes can't hold is a lie."""
        count = self.number()
        if count * least > len(self.content) - self.position:
            raise UpdateRefused(reason=Reason.WRONG_COUNT)
        return count

    def length(self) -> int:
        length = self.number()
        if not length:
            raise UpdateRefused(reason=Reason.WRONG_COUNT)
        if length >= MAX_CLOCK:
            raise UpdateRefused(reason=Reason.CLOCK_OVERFLOW)
        return length

    def client(self) -> int:
        client = self.number()
        if client >= MAX_CLIENT:
            raise UpdateRefused(reason=Reason.WRONG_NUMBER)
        return client

    def clock(self) -> int:
        clock = self.number()
        if clock >= MAX_CLOCK:
            raise UpdateRefused(reason=Reason.CLOCK_OVERFLOW)
        return clock

    def text(self) -> str:
        length = self.number()
        start = self.position
        self.skip(length)
        try:
            return self.content[start : self.position].decode()
        except UnicodeDecodeError:
            raise UpdateRefused(reason=Reason.WRONG_TEXT) from None

    def skip(self, length: int) -> None:
        self.position += length
        if self.position > len(self.content):
            raise IndexError
