"""What one reader of a negotiation may take away: its history, its archive."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from sqlmodel import Session

from app import assets
from app.commands.group import Said, as_json, as_reader, navette, open_store, print_json, the_settings, write_whole
from app.pages import presentation
from app.platform import platform_of
from negotiation.errors import NotFound
from negotiation.rules.paris import PARIS
from negotiation.rules.policy import Actor, Authentication, Method, circles_of
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import actor_in, require
from negotiation.services.carrying import Documents
from negotiation.services.exporting import collect_archive, pack_archive, record_export
from negotiation.store.columns import now
from negotiation.store.queries.clause_names import clause_names
from negotiation.store.queries.history import EntryView, history_page
from negotiation.store.queries.instance import find_table, person_with
from negotiation.store.queries.people import members_of


@navette.command(help="L’historique qu’une personne peut lire, un fait par ligne.")
@click.argument("negotiation", metavar="NÉGOCIATION")
@as_reader
@as_json
def history(negotiation: str, email: str, as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    with open_store(the_settings()).reading() as session:
        actor = _reader(session, negotiation, email)
        require(actor, Action.READ_HISTORY)
        facts = list(_facts(session, actor))
    if as_json:
        return print_json(facts)
    for fact in facts:
        moment = fact["recorded_at"].astimezone(PARIS).strftime("%d/%m/%Y %H:%M")
        click.echo(f"{fact['audience']:<11} {fact['sequence']:>5}  {moment}  {fact['sentence']}")


@navette.command(help="Le dossier de preuve d’une négociation, tel qu’une personne peut l’emporter.")
@click.argument("negotiation", metavar="NÉGOCIATION")
@as_reader
@click.option("--format", "form", type=click.Choice(["archive"]), default="archive", help="archive (ZIP).")
@click.option("--documents", is_flag=True, help="Avec les documents à lire : PDF, Word, ODT.")
@click.option("-o", "--output", metavar="FICHIER", required=True, type=click.Path(path_type=Path), help="Où l’écrire.")
def export(negotiation: str, email: str, form: str, documents: bool, output: Path) -> None:  # noqa: FBT001 - click's way
    store = open_store(the_settings())
    with store.reading() as session:
        actor = _reader(session, negotiation, email)
    with store.unit_of_work() as uow:
        content = collect_archive(uow, actor, documents=Documents.ALL if documents else Documents.NONE)
    archive = pack_archive(content, platform_of(the_settings()).keys)
    with store.unit_of_work() as uow:
        record_export(uow, actor, archive)
        write_whole(output, archive.data)
    click.echo(f"{output} : {len(archive.data)} octets. À vérifier par : navette verify {output}")


def _reader(session: Session, negotiation: str, email: str) -> Actor:
    """The person with this address, acting in this negotiation. The operator vouches: nobody signed in."""
    negotiation_id, person_id = find_table(session, negotiation), person_with(session, email)
    if negotiation_id is None:
        raise Said("not_found", f"Aucune négociation « {negotiation} » : voyez navette list.")
    if person_id is None:
        raise Said("not_found", f"Aucun compte n’a l’adresse « {email} ».")
    try:
        return actor_in(
            session, negotiation_id, person_id=person_id, authentication=Authentication(Method.DECLARED, now())
        )
    except NotFound:
        raise Said("not_found", f"« {email} » n’est pas à la table de cette négociation.") from None


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
