"""The seal: put at the gel, kept by every signature, closed by the last one, and read alike by others than us."""

import hashlib
import json
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr

from app.pages import closing
from app.platform import draw_and_keep, platform_of
from negotiation.documents.pdf_attachments import fingerprints_within
from negotiation.documents.pdf_print import fingerprint_of, print_contract
from negotiation.documents.pdf_signatures import examine, seal
from negotiation.documents.platform_keys import PRIVATE, PUBLIC, BadKeys, read_keys
from negotiation.rules.vocabulary import NegotiationStatus
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.freezing import Rendered, with_seal
from negotiation.services.sealing import Platform
from negotiation.store import Store
from negotiation.store.record import FrozenVersion
from negotiation.verifier import ATTACHED_HEAD, HEADS, attached_to, read_members, verify_archive, verify_together
from tests.builders import Table, a_table
from tests.closing_table import an_agreed_table
from tests.pdf_a import conforms, drawn_in, reads_aloud, seen_fields
from tests.sealing_table import a_timestamp_authority, click_signature, gel_by_clicks, sits, the_version
from tests.unit.contract_samples import contract_content
from tests.unit.proof_samples import with_new_manifest

CONTENT = {**contract_content(), "parts": contract_content()["parts"][:1], "tables": {}}
pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def store(app: Flask) -> Store:
    opened: Store = app.extensions["store"]
    return opened


@pytest.fixture
def sealed(app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[Table, FrozenVersion]:
    """Only the last request awaited is sealed, even when each was read before the others came."""
    times: list[Rendered] = []

    def counted(rendered: Rendered, platform: Platform) -> Rendered:
        times.append(rendered)
        return with_seal(rendered, platform)

    monkeypatch.setattr(closing, "with_seal", counted)
    monkeypatch.setattr(closing, "parties_awaited", lambda *_, **__: frozenset({"others"}))
    table = an_agreed_table(store)
    gel_by_clicks(app, table)
    assert len(times) == 1
    return table, the_version(table)


def test_a_contract_is_sealed_signed_by_all_and_locked(
    app: Flask, sealed: tuple[Table, FrozenVersion], tmp_path: Path
) -> None:
    """One story, since each step takes a process of its own."""
    table, version = sealed
    [seal] = examine(version.pdf)
    assert (seal.field, seal.covers, seal.is_sound) == ("Cachet", "file", True)
    assert (
        seal.certificate_hash == version.seal["certificate"] == platform_of(app.extensions["settings"]).keys.fingerprint
    )
    assert "sans horodatage tiers" in version.seal["timestamp"]["none"]
    assert hashlib.sha256(version.pdf[: version.seal["printed_size"]]).hexdigest() == version.seal["printed_hash"]
    assert version.content_hash in fingerprints_within(version.pdf)
    openssl_agrees(version.pdf, seal.cms, app, tmp_path)

    for person in (table.og.sign, table.ars.sign, table.cd.vp):
        page = click_signature(app, person)
    assert "toutes les parties ont signé" in page
    assert table.negotiation().status is NegotiationStatus.SIGNED
    signed = sits(app, table.asso.dg.email).get(f"/negociations/{table.id}/versions/{version.id}/signe.pdf").data
    assert signed.startswith(version.pdf)
    found = examine(signed)
    assert [each.field.split(" ")[0] for each in found] == ["Cachet", "Signature", "Signature", "Signature", "Verrou"]
    assert all(each.is_sound for each in found)
    assert found[-1].covers == "file"
    assert b"qualifi" not in signed[len(version.pdf) :]
    it_stays_pdf_a_and_shows_who_signed(version, signed)
    it_is_read_aloud_from_a_copy_of_its_own(app, table, version)
    the_archive_proves_it(table, signed)


def it_stays_pdf_a_and_shows_who_signed(version: FrozenVersion, signed: bytes) -> None:
    printed = version.pdf[: version.seal["printed_size"]]
    pressed, sealed, locked = (
        conforms(each, content_hash=version.content_hash) for each in (printed, version.pdf, signed)
    )
    reads_aloud(pressed)
    assert b"pdfuaid:part>1<" in pressed.root["/Metadata"].data
    assert b"pdfuaid:part>" not in sealed.root["/Metadata"].data, "fields that are seen aren't in its structure"
    assert locked.root["/Metadata"].data == sealed.root["/Metadata"].data
    assert not any(drawn_in(field) for field in seen_fields(sealed))
    drawn = [str(field["/T"]) for field in seen_fields(locked) if drawn_in(field)]
    assert drawn == ["Signature 1 (og)", "Signature 2 (ars)", "Signature 4 (cd)"]
    boxes = sorted((float(field["/Rect"][1]), float(field["/Rect"][3])) for field in seen_fields(locked))
    assert all(one[1] <= other[0] for one, other in pairwise(boxes)), "no field covers another"


def it_is_read_aloud_from_a_copy_of_its_own(app: Flask, table: Table, version: FrozenVersion) -> None:
    address = f"/negociations/{table.id}/versions/{version.id}/lecture.pdf"
    reader = sits(app, table.asso.dg.email)
    assert f'href="{address}"' in reader.get(f"/negociations/{table.id}/versions").text
    assert reader.get(address).data == version.pdf[: version.seal["printed_size"]], "read aloud above, and PDF/UA"
    stranger = sits(app, a_table(table.store).og.dg.email)
    secret, absent = (stranger.get(each) for each in (address, address.replace("lecture", "contrat")))
    assert (secret.status_code, secret.text) == (404, absent.text)


def the_archive_proves_it(table: Table, signed: bytes) -> None:
    with table.store.unit_of_work() as uow:
        archive = pack_archive(collect_archive(uow, table.asso.dg.actor)).data
    members = read_members(archive)
    assert members["versions/01/signe.pdf"] == signed
    seals = json.loads(members[HEADS])["seals"]
    key = seals[0]["statement"]["key"]
    carried = json.loads(attached_to(signed)[ATTACHED_HEAD])
    assert carried["head"]["hash"] == carried["seals"][0]["statement"]["hash"], "signed when it was printed"
    report = verify_together({"dossier.zip": archive, "signe.pdf": signed}, keys=[key])
    assert report.ok, report.first_problem
    assert "exactement versions/01/signe.pdf" in report.checks[-1].detail
    assert any("rien n’a été réécrit ni coupé" in each for each in report.proves)
    assert any("que vous avez donnée" in each for each in report.proves)
    assert "que vous n’avez pas donnée" in str(verify_archive(archive, keys=["0" * 64]).first_problem)
    seals[-1]["signature"] = seals[0]["signature"]
    for name, content, said in (
        (HEADS, json.dumps({"seals": seals}).encode(), "est fausse"),
        (HEADS, b'{"seals": []}', "la tête signée au gel"),
        ("versions/01/signe.pdf", signed[:-1], "n’est pas celui que l’historique a enregistré"),
    ):
        wrong = verify_archive(with_new_manifest({**members, name: content}))
        assert said in str(wrong.first_problem)


def test_a_timestamp_is_asked_and_its_absence_is_said(app: Flask) -> None:
    keys = platform_of(app.extensions["settings"]).keys
    pdf = print_contract(CONTENT, fingerprint=fingerprint_of(CONTENT), label="v1.0", kind="frozen")
    with a_timestamp_authority() as (url, silent):
        stamped = seal(pdf, keys=keys, fields=[], reason="essai", tsa_url=url)
        alone = seal(pdf, keys=keys, fields=[], reason="essai", tsa_url=silent)
    assert stamped.timestamp.authority.endswith("Horodatage d’essai")
    [found] = examine(pdf + stamped.increment)
    assert found.is_sound
    assert found.timestamp == stamped.timestamp.at
    assert "n’a pas répondu" in alone.timestamp.as_facts()["none"]
    assert examine(pdf + alone.increment)[0].is_sound


def test_other_keys_take_the_place_of_those_in_use(app: Flask) -> None:
    settings = app.extensions["settings"]
    first = platform_of(settings).keys
    assert platform_of(settings).keys.fingerprint == first.fingerprint
    second = draw_and_keep(settings)
    assert platform_of(settings).keys.fingerprint == second.fingerprint != first.fingerprint
    assert (settings.keys_dir / PRIVATE).stat().st_mode & 0o077 == 0
    assert {file.stem for file in (settings.keys_dir / PUBLIC).iterdir()} == {first.fingerprint, second.fingerprint}
    assert "PRIVATE" not in (settings.keys_dir / PUBLIC / f"{first.fingerprint}.pem").read_text()
    given = settings.model_copy(update={"platform_keys": SecretStr(first.as_pem().replace("\n", "\\n"))})
    assert platform_of(given).keys.head_public == first.head_public
    with pytest.raises(BadKeys):
        read_keys(first.seal_key + second.certificate + second.as_pem().partition("CERTIFICATE-----\n")[2])


def openssl_agrees(pdf: bytes, cms: bytes, app: Flask, folder: Path) -> None:
    """Another program, on the very bytes that the seal says it covers."""
    first, length, second, rest = map(int, re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", pdf).groups())  # type: ignore[union-attr]
    (folder / "signed").write_bytes(pdf[first : first + length] + pdf[second : second + rest])
    (folder / "cms").write_bytes(cms)
    (folder / "ca.pem").write_text(platform_of(app.extensions["settings"]).keys.certificate)
    command = (
        "openssl cms -verify -binary -inform DER -in cms -content signed -CAfile ca.pem -purpose any -out /dev/null"
    )
    run = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
