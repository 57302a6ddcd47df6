"""Work beside the event loop, in an interpreter that gevent has patched, as the server's is."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ON_THE_SERVER = """
from gevent import monkey; monkey.patch_all()
import subprocess, sys
import gevent
from app.offloading import off_the_loop

turns = []
def turn():
    while True:
        turns.append(1)
        gevent.sleep(0.01)
gevent.spawn(turn)

def child(said, seconds="0.3"):
    program = "import sys, time; time.sleep(float(sys.argv[1])); print(sys.stdin.read())"
    run = subprocess.run([sys.executable, "-c", program, seconds], input=said, capture_output=True, timeout=20)
    return run.returncode, run.stdout.strip()

together = [gevent.spawn(off_the_loop, child, word) for word in (b"one", b"two")]
assert [each.get() for each in together] == [(0, b"one"), (0, b"two")]
assert child(b"from the loop") == (0, b"from the loop")
assert len(turns) > 5, "the loop went on turning"

def too_long():
    subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)
try:
    off_the_loop(too_long)
except subprocess.TimeoutExpired:
    print("well")
"""


def test_a_thread_beside_the_loop_may_have_a_child_process() -> None:
    run = subprocess.run(
        [sys.executable, "-c", ON_THE_SERVER], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (run.returncode, run.stdout.strip()) == (0, "well"), run.stderr
