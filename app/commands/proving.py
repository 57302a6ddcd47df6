"""What proves a file: an archive, a frozen contract, an approved relevé."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from app.commands.group import (
    DONE,
    NOT_UNDERSTOOD,
    REFUSED,
    Said,
    as_json,
    navette,
    open_store,
    print_json,
    read,
    the_settings,
)
from negotiation import verifier
from negotiation.documents.approved_print import NAMES, print_approved
from negotiation.documents.pdf_attachments import fingerprints_within
from negotiation.services.recognising import exactly, look_at, report_of
from negotiation.store.queries.closing import approved_with_content


@navette.command(help="Vérifie un dossier de preuve, plusieurs et leurs liens, ou un PDF figé ou approuvé ici.")
@click.argument("files", metavar="FICHIER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--head", "heads", multiple=True, metavar="[CERCLE=]EMPREINTE", help="Une tête conservée ; se répète.")
@click.option("--key", "keys", multiple=True, metavar="CLÉ", help="La clé publique des têtes, que vous connaissez.")
@as_json
def verify(files: tuple[Path, ...], heads: tuple[str, ...], keys: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    held = {str(file): read(file, most=verifier.MAX_BYTES) for file in files}
    try:
        kept = [verifier.read_head(head) for head in heads]
    except ValueError:
        wanted = "--head attend EMPREINTE ou CERCLE=EMPREINTE, l’empreinte en 64 chiffres ou lettres de a à f."
        raise Said("usage", wanted, status=NOT_UNDERSTOOD) from None
    if kept and sum(not data.startswith(verifier.LOOSE) for data in held.values()) > 1:
        raise Said("usage", "--head ne va qu’avec un seul dossier.", status=NOT_UNDERSTOOD)
    report = _report_of(held, kept, keys)
    if as_json:
        print_json(report.as_json())
    else:
        click.echo(report.as_text())
    sys.exit(DONE if report.ok else REFUSED if report.readable else NOT_UNDERSTOOD)


def _report_of(held: Mapping[str, bytes], kept: Sequence[verifier.KeptHead], keys: Sequence[str]) -> verifier.Report:
    """Several files are archives, an avenant's and that of its contract, and what was kept beside them."""
    first, *others = held.values()
    if others:
        return verifier.verify_together(held, keys, kept)
    return _report_of_pdf(first) if first.startswith(b"%PDF-") else verifier.verify_archive(first, kept, keys)


def _report_of_pdf(data: bytes) -> verifier.Report:
    """A known state of a contract; else what was approved here, printed again; else what was done to it."""
    within = fingerprints_within(data)
    with open_store(the_settings()).reading() as session:
        report, state = report_of(session, look_at(data), within)
        approved = None if state else approved_with_content(session, within)
    if approved is None:
        return report
    pdf = print_approved(approved.kind, approved.content, fingerprint=approved.content_hash)
    title = f"{approved.content['negotiation']['title']}, {NAMES[approved.kind]} « {approved.content['title']} »"
    return exactly(data, {verifier.sha256(pdf): title})
