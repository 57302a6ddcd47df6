"""What a converter can't do, tried by a child that tries it; what is said where the kernel leaves it the network."""

import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from app import background
from negotiation.documents import confinement
from negotiation.documents.confinement import MOST_OPENED, confined, network_is_cut

MEMORY = 512 * 1024**2
NO_NAMESPACE = "echo 0 > /proc/sys/user/max_net_namespaces && exec "
needs_namespaces = pytest.mark.skipif(not network_is_cut(), reason="this kernel gives no namespace")


def tried(program: str, *arguments: str, network: bool = False, seconds: float = 5) -> str:
    """What the program printed, or the last line of what it died of."""
    command = confined([sys.executable, "-c", program, *arguments], memory=MEMORY, seconds=seconds, network=network)
    run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return run.stdout.strip() or (run.stderr.strip().splitlines() or [str(run.returncode)])[-1]


@needs_namespaces
def test_a_child_that_calls_out_reaches_nobody_unless_it_was_let_out() -> None:
    call = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2); print('reached')"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        assert "unreachable" in tried(call, port)
        assert tried(call, port, network=True) == "reached"


@needs_namespaces
def test_whoever_lost_the_network_gained_no_right_in_exchange() -> None:
    held = "print(*[line for line in open('/proc/self/status') if line.startswith(('CapEff', 'NoNewPrivs'))])"
    assert tried(held).split() == ["CapEff:", "0" * 16, "NoNewPrivs:", "1"]


def test_each_limit_ends_the_child_alone() -> None:
    assert "MemoryError" in tried("bytes(600 * 1024**2)")
    seconds = "import resource as r; print(*r.getrlimit(r.RLIMIT_CPU))"
    assert tried(seconds, seconds=0.2) == "1 1", "rounded up: none would be no limit"
    assert "Too many open files" in tried(f"import os; [os.dup(0) for _ in range({MOST_OPENED})]")


def test_a_child_may_raise_its_memory_as_far_as_was_said() -> None:
    raised = "import resource as r; r.setrlimit(r.RLIMIT_AS, (int(sys.argv[1]),) * 2); print('more')"
    command = [sys.executable, "-c", f"import sys; {raised}", str(2 * MEMORY)]
    wide = confined(command, memory=MEMORY, memory_of_children=2 * MEMORY, seconds=5)
    assert subprocess.run(wide, capture_output=True, text=True, timeout=20, check=False).stdout == "more\n"


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare of util-linux")
@needs_namespaces
def test_where_the_kernel_gives_no_namespace_the_child_runs_all_the_same() -> None:
    def within(*command: str) -> str:
        refusing = ["unshare", "--user", "--map-root-user", "sh", "-c", NO_NAMESPACE + '"$0" "$@"', *command]
        run = subprocess.run(refusing, capture_output=True, text=True, timeout=20, check=False)
        return run.stdout.strip() or str(run.returncode)

    assert within(*confined([sys.executable, "-c", "print('ran')"], memory=MEMORY, seconds=5)) == "ran"
    assert within(sys.executable, confinement.__file__, "probe") == "1"


def test_a_server_whose_converters_keep_the_network_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "network_is_cut", lambda: False)
    said = list[str]()
    monkeypatch.setattr(background, "log", SimpleNamespace(warning=said.append))
    background.say_what_is_open()
    assert said == ["converters.reach_the_network"]
