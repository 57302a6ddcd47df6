"""The built front end: its files under their hashed names, cached for good because a new content has a new name."""

import json
import re
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "static" / "dist"
TEMPLATES = ROOT / "templates"
URL = "/static/dist/"
HASHED = re.compile(r"-[0-9A-Z]{8}\.\w+$")


def install(app: Flask) -> None:
    """Serve `static/dist`, and give templates `asset(name)`."""
    names = _names()
    app.jinja_env.globals["asset"] = lambda name: f"{URL}{names.get(name, name)}"
    files = WhiteNoise(app.wsgi_app, immutable_file_test=lambda path, url: bool(HASHED.search(url)))
    if DIST.is_dir():
        files.add_files(str(DIST), prefix=URL)
    app.wsgi_app = files  # type: ignore[method-assign]


def _names() -> dict[str, str]:
    """What templates ask for → the name it was built under. Empty before the first build."""
    manifest = DIST / "manifest.json"
    if not manifest.is_file():
        return {}
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    return names
