"""The keys that seal contracts: drawn, or changed."""

import click

from app.commands.group import Said, navette, the_settings
from app.config import Settings
from app.platform import draw_and_keep, has_keys
from negotiation.documents.platform_keys import BadKeys, PlatformKeys


@navette.command("init-keys", help="Tire au sort les clés du cachet et des têtes ; avec --rotate, en change.")
@click.option("--rotate", is_flag=True, help="Remplace les clés en usage ; ce qu’elles ont scellé se vérifie toujours.")
def init_keys(rotate: bool) -> None:  # noqa: FBT001 - click gives its flags so
    settings = the_settings()
    if settings.platform_keys is not None:
        raise Said("keys_given", "Les clés viennent de PLATFORM_KEYS : changez-les là d’où elle vient.")
    if _has_keys(settings) and not rotate:
        raise Said(
            "keys_exist", f"Des clés existent dans {settings.keys_dir}. Pour en changer : navette init-keys --rotate"
        )
    click.echo(told(settings, _drawn(settings)))


def make_sure_of_keys(settings: Settings) -> None:
    """At the first start, the keys make themselves, and it is said."""
    if not _has_keys(settings):
        click.echo(told(settings, _drawn(settings)))


def told(settings: Settings, keys: PlatformKeys) -> str:
    return (
        f"Clés du cachet tirées au sort dans {settings.keys_dir} : sauvegardez ce dossier, à part de la base.\n"
        f"Empreinte du certificat : {keys.fingerprint}\nClé publique des têtes : {keys.head_public}"
    )


def _has_keys(settings: Settings) -> bool:
    try:
        return has_keys(settings)
    except (BadKeys, OSError) as fault:
        raise Said("keys_unreadable", f"{settings.keys_dir} : {fault}") from None


def _drawn(settings: Settings) -> PlatformKeys:
    try:
        return draw_and_keep(settings)
    except OSError:
        raise Said("unwritable", f"{settings.keys_dir} ne peut pas être écrit.") from None
