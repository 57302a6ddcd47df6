"""What a converter may use: a process limits itself, gives up the network, then becomes the program that was asked for.

This file is run by its path (`-I -S`) and imports the standard library alone: no other code runs between the server,
which has threads, and the program. The network is cut by a namespace of its own, which the kernel gives without any
privilege, or refuses (old kernels, most containers); the program is then as limited but for that.
"""

import ctypes
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

MOST_WRITTEN = 100 * 1024**2
"""Bytes of one file. What is asked for goes through a pipe: these are scraps."""
MOST_OPENED = 256
MOST_PROCESSES = 512
"""Threads too. Counted for the namespace alone, and not for the server's user, who may have more."""
_NEW_USER, _NEW_NETWORK, _NO_NEW_PRIVILEGES = 0x10000000, 0x40000000, 38
_CUT, _OPEN, _PROBE = "cut", "open", "probe"


def confined(
    command: Sequence[str], *, memory: int, seconds: float, memory_of_children: int = 0, network: bool = False
) -> list[str]:
    """The command that runs `command` within these limits. `memory`: bytes of address space; `seconds`: of processor;
    `memory_of_children`: to which what it starts may raise its own."""
    limits = (memory, max(memory, memory_of_children), math.ceil(seconds))
    way = _OPEN if network else _CUT
    return [sys.executable, "-I", "-S", __file__, way, *map(str, limits), *command]


def network_is_cut() -> bool:
    """Whether what runs confined here has no network. Asked of a process of its own."""
    asked = [sys.executable, "-I", "-S", __file__, _PROBE]
    return subprocess.run(asked, check=False, timeout=30).returncode == 0


def _cut_network() -> bool:
    """No interface, not even to this machine; whoever becomes another program then has no right in it either."""
    with suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK) == 0)
    return False


def _limit(memory: int, most_memory: int, seconds: int) -> None:
    _set("RLIMIT_AS", memory, most_memory)
    _set("RLIMIT_CPU", seconds)
    _set("RLIMIT_FSIZE", MOST_WRITTEN)
    _set("RLIMIT_NOFILE", MOST_OPENED)
    _set("RLIMIT_CORE", 0)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def _set(name: str, most: int, hardest: int | None = None) -> None:
    """A system that doesn't know this limit, or has a stricter one, still has the others."""
    with suppress(ImportError, AttributeError, ValueError, OSError):
        import resource

        resource.setrlimit(getattr(resource, name), (most, most if hardest is None else hardest))


def _become(way: str, *arguments: str) -> None:
    memory, most_memory, seconds = map(int, arguments[:3])
    _limit(memory, most_memory, seconds)
    if way == _CUT and _cut_network():
        _set("RLIMIT_NPROC", MOST_PROCESSES)
    os.execv(arguments[3], arguments[3:])


if __name__ == "__main__":
    if sys.argv[1] == _PROBE:
        sys.exit(0 if _cut_network() else 1)
    _become(*sys.argv[1:])
