"""The process that works out the past beside the server."""

import subprocess
import sys


def test_it_ends_quietly_when_nobody_asks():
    """A server that stops may leave it between its start and the question."""
    alone = "from negotiation.services.deriving import main; main()"
    ended = subprocess.run([sys.executable, "-c", alone], input=b"", capture_output=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
