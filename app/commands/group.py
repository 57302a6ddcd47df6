"""The group `navette`, how each command ends, and what the commands share: answers, faults, files, the database."""

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from app.config import Settings
from app.errors import sentence_of
from app.french_click import FrenchGroup, say_usage_error
from negotiation.errors import Refusal
from negotiation.store import Store, connect_store, migrate

DONE, REFUSED, NOT_UNDERSTOOD = 0, 1, 2
as_json = click.option("--json", "as_json", is_flag=True, help="Réponse pour un programme.")
as_reader = click.option("--as", "email", required=True, metavar="ADRESSE", help="La personne qui lit.")


class Said(Exception):
    """The command ends here. `code` is stable, `message` a French sentence."""

    def __init__(
        self, code: str, message: str, *, status: int = REFUSED, facts: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.facts = code, message, status, facts or {}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point: every ending has its exit code and its French sentence."""
    os.umask(0o077)  # what is kept is the owner's alone
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        navette.main(args=given, prog_name="navette", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message())
        sys.exit(NOT_UNDERSTOOD)
    except click.UsageError as error:
        _fail(Said("usage", say_usage_error(error), status=NOT_UNDERSTOOD), given)
    except click.Abort:
        _fail(Said("interrupted", "Interrompu : rien n’a été enregistré."), given)
    except Refusal as refusal:
        _fail(Said(refusal.code, sentence_of(refusal), facts=refusal.detail), given)
    except OperationalError:
        _fail(Said("no_database", "La base de données ne répond pas : vérifiez DATABASE_URL ou DATA_DIR."), given)
    except Said as said:
        _fail(said, given)
    sys.exit(DONE)


def _fail(said: Said, arguments: list[str]) -> NoReturn:
    if "--json" in arguments:
        print_json({"error": {"code": said.code, "message": said.message, **said.facts}})
    else:
        click.echo(said.message, err=True)
    sys.exit(said.status)


@click.group(cls=FrenchGroup, help="Navette : négocier un CPOM clause par clause.")
def navette() -> None:
    """Reads nothing itself: `verify` must work where there is no database."""


# ---------------------------------------------------------------------- the instance


def the_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        names = "".join(str(place).upper() for place in fault["loc"])
        told = fault["msg"].removeprefix("Value error, ") if fault["type"] == "value_error" else "valeur impossible."
        message = f"Réglage {names} : {told}" if names else told
        raise Said("settings", message, status=NOT_UNDERSTOOD) from error


def open_store(settings: Settings) -> Store:
    """The database of the instance, brought up to date."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate(settings.database_url)
    return connect_store(settings.database_url)


# ---------------------------------------------------------------------- files and answers


def read(file: Path, *, most: int) -> bytes:
    """At most `most` bytes, and one more that tells a longer file."""
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError:
        raise Said("unreadable", f"{file} est introuvable ou illisible.", status=NOT_UNDERSTOOD) from None


def write_whole(output: Path, data: bytes) -> None:
    """All of it or nothing, for its owner only."""
    try:
        descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(output)
    except OSError:
        raise Said("unwritable", f"{output} ne peut pas être écrit.", status=NOT_UNDERSTOOD) from None


def print_json(answer: object) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1, default=_plain))


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
