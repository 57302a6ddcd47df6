"""What proves a file: an archive, a frozen contract, an approved relevé."""

import sys
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
from negotiation.store.queries.closing import approved_with_content
from negotiation.store.queries.instance import frozen_files


@navette.command(help="Vérifie un dossier de preuve, ou le PDF de ce qui fut figé ou approuvé ici.")
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path))
@click.option("--head", "heads", multiple=True, metavar="CERCLE=EMPREINTE", help="Une tête que vous avez conservée.")
@as_json
def verify(file: Path, heads: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001 - click gives its flags so
    data = read(file, most=verifier.MAX_BYTES)
    kept = dict(head.split("=", 1) for head in heads if "=" in head)
    if len(kept) != len(heads):
        raise Said("usage", "--head attend CERCLE=EMPREINTE.", status=NOT_UNDERSTOOD)
    report = verifier.verify_pdf(data, _known_files(data)) if data.startswith(b"%PDF-") else None
    report = report or verifier.verify_archive(data, kept)
    if as_json:
        print_json(report.as_json())
    else:
        click.echo(report.as_text())
    sys.exit(DONE if report.ok else REFUSED if report.readable else NOT_UNDERSTOOD)


def _known_files(data: bytes) -> dict[str, str]:
    """Labels by SHA-256: the frozen contracts, and what was approved here whose content this file carries."""
    hashes = fingerprints_within(data)
    with open_store(the_settings()).reading() as session:
        known, approved = frozen_files(session), approved_with_content(session, hashes)
    if approved is not None:
        pdf = print_approved(approved.kind, approved.content, fingerprint=approved.content_hash)
        known[verifier.sha256(pdf)] = (
            f"{approved.content['negotiation']['title']}, {NAMES[approved.kind]} « {approved.content['title']} »"
        )
    return known
