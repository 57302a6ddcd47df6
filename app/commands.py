"""The command `navette`: what the operator of an instance does from the shell.

Answers go to stdout, faults to stderr in French; with `--json`, both to stdout for a program. Exit codes: 0 done, 1
refused or false, 2 not understood or unreadable.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import click
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app import assets, serving
from app.config import Settings
from app.errors import sentence_of
from app.french_click import Day, FrenchGroup, say_usage_error
from app.pages import presentation
from negotiation import verifier
from negotiation.documents.pdf_attachments import fingerprints_within
from negotiation.errors import InvalidInput, NotFound, Refusal
from negotiation.rules.paris import PARIS
from negotiation.rules.policy import Actor, Authentication, Method, circles_of
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import actor_in, require
from negotiation.services.exporting import collect_archive, pack_archive, record_export
from negotiation.services.importing import Imported, import_scenario, read_file
from negotiation.services.members import checked_email
from negotiation.services.members import person_with as person_with_account
from negotiation.services.minutes import Printable, printed
from negotiation.services.signing_in import make_signin_link
from negotiation.store import Announcing, Store, connect_store, migrate
from negotiation.store.columns import now
from negotiation.store.queries.clause_names import clause_names
from negotiation.store.queries.closing import minutes_with_content
from negotiation.store.queries.history import EntryView, history_page
from negotiation.store.queries.instance import (
    TableView,
    find_table,
    frozen_files,
    person_with,
    spokespersons_of,
    tables_of_instance,
)
from negotiation.store.queries.people import members_of

SCENARIOS = assets.ROOT / "negotiation" / "scenarios"
DEMONSTRATIONS: tuple[tuple[str, date | None], ...] = (("ehpad.json", None), ("handicap.json", date(2026, 7, 10)))
"""The contract in force, whole; the open negotiation, as it stood that day."""

DONE, REFUSED, NOT_UNDERSTOOD = 0, 1, 2
as_json = click.option("--json", "as_json", is_flag=True, help="Réponse pour un programme.")
as_reader = click.option("--as", "email", required=True, metavar="ADRESSE", help="La personne qui lit.")


class _Said(Exception):
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
        _fail(_Said("usage", say_usage_error(error), status=NOT_UNDERSTOOD), given)
    except click.Abort:
        _fail(_Said("interrupted", "Interrompu : rien n’a été enregistré."), given)
    except Refusal as refusal:
        _fail(_Said(refusal.code, sentence_of(refusal), facts=refusal.detail), given)
    except OperationalError:
        _fail(_Said("no_database", "La base de données ne répond pas : vérifiez DATABASE_URL ou DATA_DIR."), given)
    except _Said as said:
        _fail(said, given)
    sys.exit(DONE)


def _fail(said: _Said, arguments: list[str]) -> NoReturn:
    if "--json" in arguments:
        _print_json({"error": {"code": said.code, "message": said.message, **said.facts}})
    else:
        click.echo(said.message, err=True)
    sys.exit(said.status)


@click.group(cls=FrenchGroup, help="Navette : négocier un CPOM clause par clause.")
def navette() -> None:
    """Reads nothing itself: `verify` must work where there is no database."""


@navette.command(help="Sert Navette ; au premier démarrage, charge les deux négociations de démonstration.")
def serve() -> None:
    settings = _settings()
    store = _store(settings)
    if settings.is_local and settings.demonstrations:
        _load_demonstrations(store)
        _print_links(store, settings)
    store.engine.dispose()
    click.echo(f"Navette est servie sur {settings.base_url}")
    serving.run(settings)


@navette.command("import", help="Importe un fichier de négociation, en entier ou jusqu’à un jour.")
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path))
@click.option("--until", metavar="AAAA-MM-JJ", type=Day(), help="Dernier jour connu : la situation à cette date.")
@as_json
def import_(file: Path, until: date | None, as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    imported = _import(_store(_settings()), file, until, quiet=as_json)
    if as_json:
        return _print_json(vars(imported))
    closed = "contrat figé, tel que le fichier le déclare" if imported.frozen else "négociation ouverte"
    click.echo(f"« {imported.title} » est importée : {imported.moves} mouvements, {closed}.")
    click.echo(f"Identifiant : {imported.negotiation_id}")


@navette.command("list", help="Les négociations de cette instance.")
@as_json
def list_(as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    with _store(_settings()).reading() as session:
        tables = tables_of_instance(session)
    if as_json:
        return _print_json([vars(table) for table in tables])
    if not tables:
        click.echo("Aucune négociation.")
    for table in tables:
        click.echo(_line_of(table))


@navette.command("sign-in-link", help="Un lien de connexion, à usage unique, pour une adresse connue.")
@click.argument("email", metavar="ADRESSE")
@as_json
def sign_in_link(email: str, as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    settings = _settings()
    link = _link(_store(settings), settings, email)
    if as_json:
        return _print_json({"email": email, "link": link})
    click.echo(link)


@navette.command(help="Ajoute une personne à l’instance, qui pourra ouvrir une négociation, et donne son lien.")
@click.argument("email", metavar="ADRESSE")
@as_json
def person(email: str, as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    settings = _settings()
    store = _store(settings)
    try:
        with store.unit_of_work() as uow:
            added = person_with_account(uow, checked_email(email)).email
    except InvalidInput:
        raise _Said("invalid_input", f"« {email} » n’est pas une adresse e-mail.", status=NOT_UNDERSTOOD) from None
    link = _link(store, settings, added)
    if as_json:
        return _print_json({"email": added, "link": link})
    click.echo(link)


@navette.command(help="L’historique qu’une personne peut lire, un fait par ligne.")
@click.argument("negotiation", metavar="NÉGOCIATION")
@as_reader
@as_json
def history(negotiation: str, email: str, as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    with _store(_settings()).reading() as session:
        actor = _reader(session, negotiation, email)
        require(actor, Action.READ_HISTORY)
        facts = list(_facts(session, actor))
    if as_json:
        return _print_json(facts)
    for fact in facts:
        moment = fact["recorded_at"].astimezone(PARIS).strftime("%d/%m/%Y %H:%M")
        click.echo(f"{fact['audience']:<11} {fact['sequence']:>5}  {moment}  {fact['sentence']}")


@navette.command(help="Le dossier de preuve d’une négociation, tel qu’une personne peut l’emporter.")
@click.argument("negotiation", metavar="NÉGOCIATION")
@as_reader
@click.option("--format", "form", type=click.Choice(["archive"]), default="archive", help="archive (ZIP).")
@click.option("-o", "--output", metavar="FICHIER", required=True, type=click.Path(path_type=Path), help="Où l’écrire.")
def export(negotiation: str, email: str, form: str, output: Path) -> None:
    store = _store(_settings())
    with store.reading() as session:
        actor = _reader(session, negotiation, email)
    with store.unit_of_work() as uow:
        content = collect_archive(uow, actor)
    archive = pack_archive(content)
    with store.unit_of_work() as uow:
        record_export(uow, actor, archive)
        _write_whole(output, archive.data)
    click.echo(f"{output} : {len(archive.data)} octets. À vérifier par : navette verify {output}")


@navette.command(help="Vérifie un dossier de preuve, ou le PDF d’un contrat figé ou d’un relevé approuvé ici.")
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path))
@click.option("--head", "heads", multiple=True, metavar="CERCLE=EMPREINTE", help="Une tête que vous avez conservée.")
@as_json
def verify(file: Path, heads: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    data = _read(file)
    kept = dict(head.split("=", 1) for head in heads if "=" in head)
    if len(kept) != len(heads):
        raise _Said("usage", "--head attend CERCLE=EMPREINTE.", status=NOT_UNDERSTOOD)
    report = verifier.verify_pdf(data, _known_files(data)) if data.startswith(b"%PDF-") else None
    report = report or verifier.verify_archive(data, kept)
    if as_json:
        _print_json(report.as_json())
    else:
        click.echo(report.as_text())
    sys.exit(DONE if report.ok else REFUSED if report.readable else NOT_UNDERSTOOD)


# ---------------------------------------------------------------------- the instance


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        names = "".join(str(place).upper() for place in fault["loc"])
        told = fault["msg"].removeprefix("Value error, ") if fault["type"] == "value_error" else "valeur impossible."
        message = f"Réglage {names} : {told}" if names else told
        raise _Said("settings", message, status=NOT_UNDERSTOOD) from error


def _store(settings: Settings) -> Store:
    """The database of the instance, brought up to date."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate(settings.database_url)
    return connect_store(settings.database_url)


def _load_demonstrations(store: Store) -> None:
    """The two packaged negotiations, on an instance that has none."""
    with store.reading() as session:
        if tables_of_instance(session):
            return
    for name, until in DEMONSTRATIONS:
        imported = _import(store, SCENARIOS / name, until, quiet=False)
        click.echo(f"Démonstration chargée : {imported.title}")


def _print_links(store: Store, settings: Settings) -> None:
    """A link for each party of the open negotiations, so that whoever tries Navette sits on each side in turn."""
    with store.reading() as session:
        opened = [table for table in tables_of_instance(session) if table.frozen_at is None]
        seats = [(table, spokespersons_of(session, table.id)) for table in opened if table.key in _demonstrated()]
    for table, spokespersons in seats:
        click.echo(f"\n{table.title} : un lien de connexion par partie, chacun ne sert qu’une fois.")
        for person in spokespersons:
            click.echo(f"  {person.party} ({person.title})\n    {_link(store, settings, person.email)}")
    click.echo("")


def _demonstrated() -> set[str]:
    return {Path(name).stem for name, _ in DEMONSTRATIONS}


def _import(store: Store, file: Path, until: date | None, *, quiet: bool) -> Imported:
    scenario = read_file(file)
    moves = sum(len(engagement["moves"]) for engagement in scenario.content["engagements"])
    hidden = quiet or not sys.stderr.isatty()
    with (
        click.progressbar(length=moves, label=file.name, file=sys.stderr, hidden=hidden) as bar,
        store.unit_of_work(Announcing.SILENT) as uow,
    ):
        return import_scenario(uow, scenario, until=until, progress=lambda done, total: bar.update(done - bar.pos))


def _link(store: Store, settings: Settings, email: str) -> str:
    try:
        with store.unit_of_work() as uow:
            token = make_signin_link(uow, email)
    except NotFound:
        raise _Said("not_found", f"Aucun compte n’a l’adresse « {email} ».") from None
    return f"{settings.base_url}/connexion/lien/{token}"


def _line_of(table: TableView) -> str:
    situation = f", situation au {table.situation_on:%d/%m/%Y}" if table.situation_on else ""
    state = "figée" if table.frozen_at else "ouverte"
    return f"{table.id}  {table.key}  {state}, {table.phase}{situation}  {table.title}  ({', '.join(table.parties)})"


# ---------------------------------------------------------------------- readers


def _reader(session: Session, negotiation: str, email: str) -> Actor:
    """The person with this address, acting in this negotiation. The operator vouches: nobody signed in."""
    negotiation_id, person_id = find_table(session, negotiation), person_with(session, email)
    if negotiation_id is None:
        raise _Said("not_found", f"Aucune négociation « {negotiation} » : voyez navette list.")
    if person_id is None:
        raise _Said("not_found", f"Aucun compte n’a l’adresse « {email} ».")
    try:
        return actor_in(
            session, negotiation_id, person_id=person_id, authentication=Authentication(Method.DECLARED, now())
        )
    except NotFound:
        raise _Said("not_found", f"« {email} » n’est pas à la table de cette négociation.") from None


def _facts(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    """Every fact this person may read, circle by circle, oldest first."""
    environment = Environment(loader=FileSystemLoader(assets.TEMPLATES), autoescape=True)
    presentation.install(environment)
    sentence: Any = environment.get_template("history/_sentences.html").make_module()
    clauses = clause_names(session, actor)
    names = {member.key: member.title for member in members_of(session, actor.negotiation_id).values()}
    for circle in circles_of(actor):
        for entry in _entries(session, actor, circle):
            yield {
                "audience": str(circle.audience),
                "sequence": entry.sequence,
                "recorded_at": entry.recorded_at,
                "actor": entry.actor,
                "kind": entry.kind,
                "clause": entry.clause_id,
                "sentence": " ".join(Markup(sentence.sentence(entry, clauses, names)).striptags().split()),
                "facts": entry.facts,
                "hash": entry.header_hash,
            }


def _entries(session: Session, actor: Actor, circle: Circle) -> list[EntryView]:
    found: list[EntryView] = []
    before: int | None = None
    while True:
        page = history_page(session, actor, circle, before)
        found += page.entries
        if page.older is None:
            return found[::-1]
        before = page.older


# ---------------------------------------------------------------------- files and answers


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(verifier.MAX_BYTES + 1)
    except OSError:
        raise _Said("unreadable", f"{file} est introuvable ou illisible.", status=NOT_UNDERSTOOD) from None


def _known_files(data: bytes) -> dict[str, str]:
    """Labels by SHA-256: the frozen contracts, and the approved relevé whose content this file carries."""
    hashes = fingerprints_within(data)
    with _store(_settings()).reading() as session:
        known, minutes = frozen_files(session), minutes_with_content(session, hashes)
    if minutes is not None:
        pdf = printed(Printable(minutes.content, minutes.content_hash))
        known[verifier.sha256(pdf)] = (
            f"{minutes.content['negotiation']['title']}, relevé « {minutes.content['title']} »"
        )
    return known


def _write_whole(output: Path, data: bytes) -> None:
    """All of it or nothing, for its owner only."""
    try:
        descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(output)
    except OSError:
        raise _Said("unwritable", f"{output} ne peut pas être écrit.", status=NOT_UNDERSTOOD) from None


def _print_json(answer: object) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1, default=_plain))


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
