"""The instance in one file: back it up while people write, restore it at an empty place."""

import sys
from pathlib import Path

import click

from app.commands.group import NOT_UNDERSTOOD, REFUSED, Said, as_json, navette, print_json, the_settings
from negotiation.services.backing_up import BackedUp, Restored, back_up, needs_secret, restore

KEYS_APART = "Les clés de la plateforme n’y sont pas : gardez-en une copie ailleurs."
with_key_file = click.option(
    "--key-file",
    metavar="FICHIER",
    type=click.Path(path_type=Path),
    help="Le secret qui chiffre : le contenu du fichier.",
)


@navette.command(help="Sauvegarde toute l’instance dans un fichier, pendant que les gens écrivent.")
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path))
@with_key_file
@click.option("--encrypt", is_flag=True, help="Chiffre, par une phrase secrète demandée ici.")
@as_json
def backup(file: Path, key_file: Path | None, encrypt: bool, as_json: bool) -> None:  # noqa: FBT001 - click's way
    secret = _secret(key_file)
    if secret is None and encrypt:
        secret = click.prompt("Phrase secrète", hide_input=True, confirmation_prompt="Encore une fois").encode()
    made = back_up(the_settings().database_url, file, secret=secret)
    if as_json:
        return print_json({**vars(made), "file": str(file)})
    click.echo(_told_backup(file, made))


@navette.command("restore", help="Restaure une sauvegarde à une place vide, et vérifie chaque historique.")
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path))
@with_key_file
@as_json
def restore_(file: Path, key_file: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    secret = _secret(key_file)
    if secret is None and needs_secret(file) and sys.stdin.isatty():
        secret = click.prompt("Phrase secrète", hide_input=True).encode()
    found = restore(the_settings().database_url, file, secret=secret)
    if as_json:
        print_json(vars(found))
    else:
        click.echo(_told_restored(found))
    if found.faults:
        sys.exit(REFUSED)


def _secret(key_file: Path | None) -> bytes | None:
    if key_file is None:
        return None
    try:
        return key_file.read_bytes().rstrip(b"\r\n")
    except OSError:
        raise Said("unreadable", f"{key_file} est introuvable ou illisible.", status=NOT_UNDERSTOOD) from None


def _told_backup(file: Path, made: BackedUp) -> str:
    how = "chiffrée" if made.encrypted else "en clair : gardez-la comme la base elle-même"
    held = f"{made.negotiations} négociations, {made.chains} historiques, {made.size} octets"
    return f"{file} : {held}, {how}.\n{KEYS_APART}"


def _told_restored(found: Restored) -> str:
    lines = [
        f"Restaurée, telle qu’elle était le {found.made_at} : {found.negotiations} négociations, "
        f"{found.chains} historiques, {found.facts} faits."
    ]
    if found.migrated_from:
        lines.append(f"Mise à jour depuis le schéma {found.migrated_from}.")
    if found.faults:
        lines += ["Ces historiques ne sont pas justes, et ne l’étaient déjà pas dans la sauvegarde :", *found.faults]
    else:
        lines.append("Chaque maillon de chaque historique a été recalculé : tout est juste.")
    lines.append("Chacun devra se connecter de nouveau. " + KEYS_APART)
    return "\n".join(lines)
