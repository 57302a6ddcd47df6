"""What runs an instance: serve it, list and import its negotiations, let people in."""

import sys
from datetime import date
from pathlib import Path

import click

from app import assets, serving
from app.commands.group import NOT_UNDERSTOOD, Said, as_json, navette, open_store, print_json, read, the_settings
from app.commands.sealing import make_sure_of_keys
from app.config import Settings
from app.french_click import Day
from app.mailing import mail_is_set
from negotiation.errors import InvalidInput, NotFound
from negotiation.services.bringing_in import bring_in, read_archive_to_import
from negotiation.services.importing import Imported, import_scenario, read_file
from negotiation.services.joining import seat_first
from negotiation.services.members import Carried, checked_email
from negotiation.services.members import person_with as person_with_account
from negotiation.services.signing_in import make_signin_link
from negotiation.store import Announcing, Store
from negotiation.store.queries.instance import TableView, find_table, spokespersons_of, tables_of_instance
from negotiation.store.unit_of_work import UnitOfWork
from negotiation.verifier import MAX_BYTES

SCENARIOS = assets.ROOT / "negotiation" / "scenarios"
DEMONSTRATIONS: tuple[tuple[str, date | None], ...] = (("ehpad.json", None), ("handicap.json", date(2026, 7, 10)))
"""The contract in force, whole; the open negotiation, as it stood that day."""


@navette.command(help="Sert Navette ; au premier démarrage, charge les deux négociations de démonstration.")
def serve() -> None:
    settings = the_settings()
    store = open_store(settings)
    if settings.is_local and settings.demonstrations:
        _load_demonstrations(store)
        _print_links(store, settings)
    make_sure_of_keys(settings)
    store.engine.dispose()
    click.echo(f"Navette est servie sur {settings.base_url}")
    serving.run(settings)


@navette.command("import", help="Importe un fichier de négociation, ou ce que quelqu’un a emporté d’ailleurs.")
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path))
@click.option("--until", metavar="AAAA-MM-JJ", type=Day(), help="Dernier jour connu : la situation à cette date.")
@click.option("--as", "email", metavar="ADRESSE", help="Pour un dossier .zip : l’adresse de qui l’a emporté.")
@click.option("--invite", "invited", metavar="PARTIE=ADRESSE", multiple=True, help="Pour un .zip : qui inviter.")
@as_json
def import_(
    file: Path,
    until: date | None,
    email: str | None,
    invited: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 - click's way
) -> None:
    if _is_archive(file):
        return _bring_in(file, email, invited, as_json=as_json)
    if invited:
        raise Said("usage", "--invite ne va qu’avec un dossier .zip.", status=NOT_UNDERSTOOD)
    imported = _import(open_store(the_settings()), file, until, quiet=as_json)
    if as_json:
        return print_json(vars(imported))
    closed = "contrat figé, tel que le fichier le déclare" if imported.frozen else "négociation ouverte"
    click.echo(f"« {imported.title} » est importée : {imported.moves} mouvements, {closed}.")
    click.echo(f"Identifiant : {imported.negotiation_id}")


def _is_archive(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(2) == b"PK"
    except OSError:
        return False


@navette.command(help="Invite la première personne d’une partie qu’un dossier importé a amenée sans ses gens.")
@click.argument("negotiation", metavar="NÉGOCIATION")
@click.argument("invited", metavar="PARTIE=ADRESSE...", nargs=-1, required=True)
@as_json
def invite(negotiation: str, invited: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    settings = the_settings()
    with open_store(settings).unit_of_work() as uow:
        negotiation_id = find_table(uow.session, negotiation)
        if negotiation_id is None:
            raise Said("not_found", f"Aucune négociation « {negotiation} » : voyez navette list.")
        seated = _seat(uow, settings, negotiation_id, invited=invited)
    if as_json:
        return print_json(seated)
    _say_seated(seated)


def _seat(
    uow: UnitOfWork, settings: Settings, negotiation_id: str, *, invited: tuple[str, ...]
) -> list[dict[str, str]]:
    """Each as {party, email, link}; no link when a mail carries it."""
    by = Carried.BY_MAIL if mail_is_set(settings) else Carried.BY_HAND
    seated = []
    for party, _, email in (each.partition("=") for each in invited):
        try:
            token = seat_first(uow, negotiation_id, party_key=party, email=email, carried=by).token
        except InvalidInput:
            message = f"« {party}={email} » : PARTIE=ADRESSE est attendu."
            raise Said("invalid_input", message, status=NOT_UNDERSTOOD) from None
        except NotFound:
            raise Said("not_found", f"« {party} » n’est pas une partie sans personne : ses gens s’invitent.") from None
        link = f"{settings.base_url}/connexion/lien/{token}" if token else ""
        seated.append({"party": party, "email": email, "link": link})
    return seated


def _say_seated(seated: list[dict[str, str]]) -> None:
    for each in seated:
        told = f"remettez-lui ce lien\n  {each['link']}" if each["link"] else "l’invitation part par courriel"
        click.echo(f"{each['party']} : {each['email']} est invité ; {told}")


def _bring_in(file: Path, email: str | None, invited: tuple[str, ...], *, as_json: bool) -> None:
    """An archive, in the seat of whoever took it away, all of it and its invitations or nothing."""
    if email is None:
        raise Said("usage", "Un dossier .zip s’importe avec --as ADRESSE : qui l’a emporté.", status=NOT_UNDERSTOOD)
    archive = read_archive_to_import(read(file, most=MAX_BYTES))
    settings = the_settings()
    with open_store(settings).unit_of_work(Announcing.SILENT) as uow:
        found = bring_in(uow, archive, email=checked_email(email))
        seated = _seat(uow, settings, found.negotiation_id, invited=invited)
    if as_json:
        return print_json({**vars(found), "invited": seated})
    click.echo(f"« {found.title} » est importée, telle que son lecteur la voyait.")
    click.echo(f"Identifiant : {found.negotiation_id}\nEmpreinte du contrat : {found.contract_hash}")
    for circle, head in found.heads.items():
        click.echo(f"Tête de l’historique {circle} : {head}")
    click.echo(NOT_BROUGHT)
    _say_seated(seated)


NOT_BROUGHT = (
    "N’y sont pas : l’intérieur des autres parties, les comptes des autres personnes, les courriels. Les autres "
    "personnes n’ont pas de compte ici : navette invite y fait entrer la première de chaque partie."
)


@navette.command("list", help="Les négociations de cette instance.")
@as_json
def list_(as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    with open_store(the_settings()).reading() as session:
        tables = tables_of_instance(session)
    if as_json:
        return print_json([vars(table) for table in tables])
    if not tables:
        click.echo("Aucune négociation.")
    for table in tables:
        click.echo(_line_of(table))


@navette.command("sign-in-link", help="Un lien de connexion, à usage unique, pour une adresse connue.")
@click.argument("email", metavar="ADRESSE")
@as_json
def sign_in_link(email: str, as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    settings = the_settings()
    link = _link(open_store(settings), settings, email)
    if as_json:
        return print_json({"email": email, "link": link})
    click.echo(link)


@navette.command(help="Ajoute une personne à l’instance, qui pourra ouvrir une négociation, et donne son lien.")
@click.argument("email", metavar="ADRESSE")
@as_json
def person(email: str, as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    settings = the_settings()
    store = open_store(settings)
    try:
        with store.unit_of_work() as uow:
            added = person_with_account(uow, checked_email(email)).email
    except InvalidInput:
        raise Said("invalid_input", f"« {email} » n’est pas une adresse e-mail.", status=NOT_UNDERSTOOD) from None
    link = _link(store, settings, added)
    if as_json:
        return print_json({"email": added, "link": link})
    click.echo(link)


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
        raise Said("not_found", f"Aucun compte n’a l’adresse « {email} ».") from None
    return f"{settings.base_url}/connexion/lien/{token}"


def _line_of(table: TableView) -> str:
    situation = f", situation au {table.situation_on:%d/%m/%Y}" if table.situation_on else ""
    state = "close sans suite" if table.is_closed_avenant else "figée" if table.frozen_at else "ouverte"
    return f"{table.id}  {table.key}  {state}, {table.phase}{situation}  {table.title}  ({', '.join(table.parties)})"
