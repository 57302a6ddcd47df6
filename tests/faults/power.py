"""What a disk holds after the power went: a server's system calls, written down as they happened and played again up
to any of them.

    recording = Recording(folder, heard=…).read(trace)
    for place, disk in replayed(recording.events, before=…, cuts=…):
        disk.leave_in(another_folder, Loss.REORDERED, chance)

A disk owes only what was synchronised. Of what was written to a file since then, each sector of 512 bytes may be there
or not, in any order, and the file may be as long as before or as after; a file made, renamed or removed may be so or
not until its folder was synchronised. What is under way when the power goes is not done.
"""

import itertools
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

SECTOR = 512
LONGEST_STRING = 1 << 16
"""Bytes of a call that strace writes down: more than SQLite writes at once, less than what pages are sent."""
CALLS = (
    "openat,write,writev,pwrite64,pwritev,pwritev2,ftruncate,fallocate,sync_file_range,fsync,fdatasync,"
    "unlink,unlinkat,rename,renameat,renameat2,sendto"
)


def strace(trace: Path) -> list[str]:
    """What to put before a command. The tracer stands aside: the process that is started is the command itself."""
    said = ["--quiet=attach,personality", "-s", str(LONGEST_STRING), "-xx", "-y", "-o", str(trace)]
    return ["strace", "-D", "-f", "--seccomp-bpf", *said, "-e", f"trace={CALLS}"]


# ---------------------------------------------------------------------- what happened


@dataclass(frozen=True)
class Wrote:
    file: str
    offset: int
    content: bytes


@dataclass(frozen=True)
class Cut:
    """A file cut, or lengthened, to `size` bytes."""

    file: str
    size: int


@dataclass(frozen=True)
class Synchronised:
    """All that had happened to the file before the event number `asked` is on the disk. No file: the folder itself."""

    file: str
    asked: int


@dataclass(frozen=True)
class Made:
    file: str


@dataclass(frozen=True)
class Removed:
    file: str


@dataclass(frozen=True)
class Said:
    """Bytes that left for somebody: from here on he may count on them. Those that fit `Recording.heard` alone."""

    content: bytes


Happened = Wrote | Cut | Synchronised | Made | Removed | Said


class UnknownCall(Exception):
    """A way to write that this page can't play again: it would vouch for what it hasn't seen."""


@dataclass
class Recording:
    """`heard`: which sent bytes matter. `folder`: the only place whose files matter; `apart`: files there that no
    power cut can hurt (SQLite makes the shared memory anew, the journal is the test's)."""

    folder: Path
    heard: Callable[[bytes], bool]
    apart: Callable[[str], bool] = lambda name: name.endswith("-shm")
    events: list[Happened] = field(default_factory=list)
    _under_way: dict[bytes, tuple[bytes, bytes, int]] = field(default_factory=dict)

    def read(self, trace: Path) -> "Recording":
        """Each call where it began, but for those that promise something: they count once they have returned."""
        with trace.open("rb") as lines:
            for line in lines:
                thread, _, rest = line.rstrip(b"\n").partition(b" ")
                self._line(thread, rest.lstrip())
        return self

    def _line(self, thread: bytes, text: bytes) -> None:
        if text.startswith(b"<..."):
            call, given, asked = self._under_way.pop(thread)
            self._ended(call, given, text, asked)
        elif found := re.match(rb"(\w+)\((.*)", text):
            call, given = found.groups()
            asked = len(self.events)
            self._began(call, given)
            if given.endswith(b"<unfinished ...>"):
                self._under_way[thread] = (call, given, asked)
            else:
                self._ended(call, given, given, asked)

    def _began(self, call: bytes, given: bytes) -> None:
        if call == b"sendto":
            said = _strings(given)[0]
            if self.heard(said):
                self.events.append(Said(said))
            return
        file = self._file(given)
        if file is None or call in (b"openat", b"fsync", b"fdatasync", b"unlink", b"unlinkat"):
            return
        if call == b"pwrite64":
            content, (length, offset) = _strings(given)[0], _numbers(given)
            if len(content) != length:
                raise UnknownCall(f"{len(content)} bytes of {length} written down")
            self.events.append(Wrote(file, offset, content))
        elif call == b"ftruncate":
            self.events.append(Cut(file, *_numbers(given)))
        else:
            raise UnknownCall(f"{call.decode()} on {file}")

    def _ended(self, call: bytes, given: bytes, ending: bytes, asked: int) -> None:
        result = ending.rpartition(b" = ")[2]
        file = self._file(given)
        if result.startswith(b"-1 ") or result == b"?" or file is None:
            return
        if call in (b"fsync", b"fdatasync"):
            self.events.append(Synchronised(file, asked))
        elif call in (b"unlink", b"unlinkat"):
            self.events.append(Removed(file))
        elif call == b"openat" and b"O_CREAT" in given:
            if b"O_TRUNC" in given:
                raise UnknownCall(f"{file} emptied as it was opened")
            self.events.append(Made(file))
        elif call == b"pwrite64" and int(result) != _numbers(given)[0]:
            raise UnknownCall(f"{file} written in part")

    def _file(self, given: bytes) -> str | None:
        """The name in our folder of the file a call is about; empty for the folder itself, None for another's file."""
        path = _path(given)
        if path == self.folder:
            return ""
        if path is None or path.parent != self.folder or self.apart(path.name):
            return None
        return path.name


def _path(given: bytes) -> Path | None:
    """Of the descriptor, or, where a path is given, that path."""
    found = re.match(rb"(?:AT_FDCWD(?:<[^>]*>)?, )?\"([^\"]*)\"|\d+<([^>]*)>", given)
    if found is None:
        return None
    return Path(_plain(found[1] if found[1] is not None else found[2]).decode(errors="replace"))


def _strings(given: bytes) -> list[bytes]:
    found = re.findall(rb'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?', given)
    return [_plain(written) for written, _ in found]


def _numbers(given: bytes) -> list[int]:
    """What follows the descriptor and the bytes."""
    return [int(number) for number in re.findall(rb"(?<=, )\d+", given.rpartition(b'"')[2] or given)]


def _plain(written: bytes) -> bytes:
    return bytes.fromhex(written.replace(b"\\x", b"").decode()) if written.startswith(b"\\x") else written


# ---------------------------------------------------------------------- the disk


class Loss(StrEnum):
    """What became of what nobody had synchronised yet."""

    WHOLE = "lost wholly"
    TORN = "kept up to a sector"
    REORDERED = "kept sector by sector, as it fell"


@dataclass
class _File:
    content: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, Wrote | Cut]] = field(default_factory=list)

    def settle(self, asked: int) -> None:
        for _, change in (each for each in self.pending if each[0] < asked):
            _apply(self.content, change)
        self.pending = [each for each in self.pending if each[0] >= asked]

    def after(self, loss: Loss, chance: random.Random) -> bytearray:
        content = bytearray(self.content)
        for change in _kept([change for _, change in self.pending], loss, chance):
            _apply(content, change)
        return content


def _apply(content: bytearray, change: Wrote | Cut) -> None:
    if isinstance(change, Cut):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
    else:
        content.extend(bytes(max(0, change.offset - len(content))))
        content[change.offset : change.offset + len(change.content)] = change.content


def _kept(pending: Sequence[Any], loss: Loss, chance: random.Random) -> Iterator[Any]:
    if loss is Loss.WHOLE:
        return
    sectors = [sector for change in pending for sector in _sectors(change)]
    if loss is Loss.TORN:
        yield from sectors[: chance.randint(0, len(sectors))]
    else:
        yield from (sector for sector in sectors if chance.random() < 0.5)


def _sectors(change: Any) -> Iterator[Any]:
    """The pieces of a change that a disk writes at one go."""
    if not isinstance(change, Wrote):
        yield change
        return
    start, end = change.offset, change.offset + len(change.content)
    edges = [start, *range(start - start % SECTOR + SECTOR, end, SECTOR), end]
    for left, right in itertools.pairwise(edges):
        yield Wrote(change.file, left, change.content[left - start : right - start])


class Disk:
    """The files of one folder: as the programs see them, and as they'd be found."""

    def __init__(self, before: Mapping[str, bytes]) -> None:
        self._seen = {name: _File(bytearray(content)) for name, content in before.items()}
        self._found = dict(self._seen)
        self._pending: list[tuple[int, str, _File | None]] = []

    def play(self, number: int, happened: Happened) -> None:
        if isinstance(happened, Wrote | Cut):
            self._seen[happened.file].pending.append((number, happened))
        elif isinstance(happened, Made):
            if happened.file not in self._seen:
                self._name(number, happened.file, _File())
        elif isinstance(happened, Removed):
            self._name(number, happened.file, None)
        elif isinstance(happened, Synchronised):
            if happened.file:
                self._seen[happened.file].settle(happened.asked)
            else:
                self._settle(happened.asked)

    def leave_in(self, folder: Path, loss: Loss, chance: random.Random) -> None:
        """Put there what would be found if the power went now."""
        names = dict(self._found)
        for _, name, file in _kept(self._pending, loss, chance):
            _rename(names, name, file)
        for name, file in names.items():
            (folder / name).write_bytes(file.after(loss, chance))

    def _name(self, number: int, name: str, file: _File | None) -> None:
        _rename(self._seen, name, file)
        self._pending.append((number, name, file))

    def _settle(self, asked: int) -> None:
        for _, name, file in (each for each in self._pending if each[0] < asked):
            _rename(self._found, name, file)
        self._pending = [each for each in self._pending if each[0] >= asked]


def _rename(names: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def replayed(
    events: Sequence[Happened], *, before: Mapping[str, bytes], cuts: Iterable[int]
) -> Iterator[tuple[int, Disk]]:
    """(place, the disk once the events before this place have happened), for each of `cuts` in order."""
    disk, reached = Disk(before), 0
    for cut in sorted(cuts):
        for number in range(reached, cut):
            disk.play(number, events[number])
        reached = cut
        yield cut, disk
