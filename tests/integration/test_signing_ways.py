"""The other ways to sign: a certificate of one's own, paper; and what stands around: order, refusal, delegation."""

import hashlib
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from negotiation import verifier
from negotiation.errors import (
    AlreadyDone,
    InvalidInput,
    NotAllowed,
    NotTheSealedFile,
    NotYourTurn,
    PaperSuperseded,
    SignedMeanwhile,
)
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.sealing import Platform, SignedFile, filled
from negotiation.services.signing_acts import join_act
from negotiation.services.signing_elsewhere import examine_brought
from negotiation.services.signing_on_paper import bring_paper, confirm_paper, opened_scan
from negotiation.services.signing_terms import decline, delegate, remind, set_terms
from negotiation.store import Store
from negotiation.store.people import Member
from negotiation.store.queries.closing import signatories_of
from tests.builders import Person, Table
from tests.closing_table import MANDATE, an_agreed_table, ask, freeze, put_signature
from tests.scanned import a_pdf
from tests.sealing_table import a_certificate, gel_by_clicks, sign_elsewhere, signature_fields, sits, the_version

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def store(app: Flask) -> Store:
    opened: Store = app.extensions["store"]
    return opened


def place_of(table: Table, person: Person) -> str:
    with table.store.reading() as session:
        found = signatories_of(session, table.id, the_version(table).id)
    return next(it.id for party in found for it in party.signatures if it.member_id == person.member.id)


def signed_of(table: Table, key: str) -> dict[str, Any]:
    """The evidence of a party's signature."""
    with table.store.reading() as session:
        signed = next(
            it.signed for it in signatories_of(session, table.id, the_version(table).id) if it.party.key == key
        )
    assert signed is not None
    return signed.evidence


def test_a_file_signed_with_ones_own_certificate_is_received_and_nothing_else(
    app: Flask, store: Store, tmp_path: Path
) -> None:
    table = an_agreed_table(store)
    gel_by_clicks(app, table)
    person, authority = a_certificate(tmp_path)
    visitor = sits(app, table.ars.sign.email).choose_password()
    taken = visitor.get(f"/negociations/{table.id}/versions/{the_version(table).id}/signe.pdf").data
    fields = signature_fields(table, table.ars.sign, signature_id=place_of(table, table.ars.sign))

    def bring(data: bytes) -> str:
        sent = visitor.post(
            f"/negociations/{table.id}/signature/fichier", fields | {"file": (io.BytesIO(data), "c.pdf")}
        )
        assert sent.status_code in (302, 409, 422), sent.text
        return sent.text if sent.status_code != 302 else visitor.get(sent.headers["Location"]).text

    signed = sign_elsewhere(taken, person, field="Signature 2 (ars)")
    assert "n’a pas été signé" in bring(taken)
    assert "ne commence pas par" in bring(taken[:3000] + b"Z" + signed[3001:])
    assert "occupe le champ d’une autre personne" in bring(sign_elsewhere(taken, person, field="Signature 1 (og)"))
    assert "ne couvre pas tout" in bring(signed + b"\n% ajout\n")
    signatory, visitor = visitor, sits(app, table.ars.dg.email).choose_password()
    assert "seule la personne qui signe peut apporter elle-même un tel fichier" in bring(signed)
    visitor = signatory
    page = bring(signed)
    assert "Signature intègre, autorité non reconnue" in page
    assert "Directrice générale, Membre sign" in page
    told = signed_of(table, "ars")
    assert (told["member"], told["name"], told["brought_by"]["member"]) == (
        "ars.sign", "Directrice générale", "ars.sign",
    )  # fmt: skip
    assert "Quelqu’un a signé depuis" in bring(sign_elsewhere(taken, person, field="Signature 1 (og)"))

    platform: Platform = app.extensions["platform"]
    version = the_version(table)
    known = Platform(platform.keys, authorities=(authority.read_text(),))
    sealed_by = platform.keys.fingerprint
    file = SignedFile(version.id, version.pdf, 0)
    said = {"sealed_by": sealed_by, "frozen_size": len(version.pdf), "platform": known}
    assert examine_brought(file, signed, **said).signature.is_known
    with pytest.raises(NotTheSealedFile):
        ours = filled(file, platform=platform, field="Signature 2 (ars)", reason="x")
        examine_brought(file, version.pdf + ours.put.increment, **said)
    revoked = sign_elsewhere(version.pdf, person, crl=(tmp_path / "revoked.crl").read_bytes())
    with pytest.raises(NotTheSealedFile) as refusal:
        examine_brought(file, revoked, **said)
    assert "est révoqué" in str(refusal.value.detail["reason"])
    expired, _ = a_certificate(tmp_path, days=-2)
    with pytest.raises(NotTheSealedFile) as refusal:
        examine_brought(file, sign_elsewhere(version.pdf, expired), **said)
    assert "n’est pas valable aujourd’hui" in str(refusal.value.detail["reason"])
    with pytest.raises(SignedMeanwhile):
        examine_brought(SignedFile(version.id, signed, 1), sign_elsewhere(taken, person), **said)


def test_a_colleague_brings_what_a_recognised_authority_vouches_for(app: Flask, store: Store, tmp_path: Path) -> None:
    table = an_agreed_table(store)
    gel_by_clicks(app, table)
    person, authority = a_certificate(tmp_path)
    app.extensions["platform"] = Platform(app.extensions["platform"].keys, authorities=(authority.read_text(),))
    visitor = sits(app, table.ars.dg.email).choose_password()
    signed = sign_elsewhere(bytes(the_version(table).pdf), person, field="Signature 2 (ars)")
    fields = signature_fields(table, table.ars.sign, signature_id=place_of(table, table.ars.sign))
    sent = visitor.post(f"/negociations/{table.id}/signature/fichier", fields | {"file": (io.BytesIO(signed), "c.pdf")})
    assert sent.status_code == 302, sent.text
    told = signed_of(table, "ars")
    assert (told["member"], told["name"], told["brought_by"]["member"]) == ("ars.sign", "Directrice générale", "ars.dg")
    history = visitor.get(f"/negociations/{table.id}/historique").text
    assert "avec son certificat\u00a0; fichier apporté par Membre dg" in history


@pytest.mark.parametrize("changed", ["declined", "left"])
def test_a_scan_counts_no_more_once_its_signatory_declined_or_left_the_place(store: Store, changed: str) -> None:
    table = an_agreed_table(store)
    version = freeze(table)
    said = {"version_id": version.id, "seen_hash": version.content_hash, "mandate": MANDATE, "signer": "Luc Ferrand"}
    with store.unit_of_work() as uow:
        place = place_of(table, table.og.sign)
        paper = bring_paper(uow, table.og.dg.actor, scan=opened_scan(a_pdf("x")), signature_id=place, **said)
    with store.unit_of_work() as uow:
        confirm_paper(uow, table.ars.dg.actor, paper)
    with store.unit_of_work() as uow:
        if changed == "declined":
            decline(uow, table.og.sign.actor, version_id=version.id, reason="Le conseil n’a pas délibéré.")
        else:
            to = table.og.dg.member.id
            uow.session.get_one(Member, to).rights = ["signataire"]
            uow.session.flush()
            delegate(uow, table.og.sign.actor, version_id=version.id, to_member_id=to, act="Délibération 45")
    with store.unit_of_work() as uow, pytest.raises(PaperSuperseded):
        confirm_paper(uow, table.cd.sign.actor, paper)


def test_a_scan_counts_once_each_other_party_confirmed_it(app: Flask, store: Store) -> None:
    table = an_agreed_table(store)
    version = freeze(table)
    said = {"version_id": version.id, "seen_hash": version.content_hash, "mandate": MANDATE, "signer": "Luc Ferrand"}
    said |= {"signature_id": place_of(table, table.cd.vp)}
    with store.unit_of_work() as uow, pytest.raises(InvalidInput) as refusal:
        bring_paper(uow, table.cd.dg.actor, scan=opened_scan(b"<html>"), **said)
    assert refusal.value.detail["field"] == "scan"
    print_on_it = " ".join(version.content_hash[at : at + 8] for at in range(0, 64, 8))
    scanned = a_pdf(print_on_it, "Une page relue par le scanner", "")
    bringer, address = sits(app, table.cd.dg.email).choose_password(), f"/negociations/{table.id}/signature/papier"
    fields = signature_fields(table, table.cd.vp, signature_id=said["signature_id"], signed_by="Luc Ferrand")
    assert "il ne s’ouvre pas" in bringer.post(address, fields | {"scan": (io.BytesIO(b"%PDF-1.7 scan"), "a.pdf")}).text
    sent = bringer.post(address, fields | {"scan": (io.BytesIO(scanned), "a.pdf")})
    told = re.search(r"/papiers/([\w-]+)", bringer.get(sent.headers["Location"]).text)
    assert told
    paper = told[1]
    with store.unit_of_work() as uow, pytest.raises(NotAllowed):
        confirm_paper(uow, table.cd.dg.actor, paper)
    with store.unit_of_work() as uow:
        assert confirm_paper(uow, table.og.dg.actor, paper) is None
    with store.unit_of_work() as uow, pytest.raises(AlreadyDone):
        confirm_paper(uow, table.og.sign.actor, paper)
    visitor = sits(app, table.ars.dg.email).choose_password()
    shown = visitor.get(f"/negociations/{table.id}/versions").text
    assert "signature sur papier apportée" in shown
    assert "lue\u00a0: page 1\u00a0; non lue\u00a0: pages 2, 3" in shown
    sent = visitor.get(f"/negociations/{table.id}/papiers/{paper}")
    assert (sent.data, sent.headers["Content-Disposition"][:10]) == (scanned, "attachment")
    assert visitor.post(f"/negociations/{table.id}/signature/papier/{paper}").status_code == 302
    told = signed_of(table, "cd")
    assert (told["method"], told["member"], told["name"], told["role"]) == (
        "paper", "cd.vp", "Luc Ferrand", "Vice-présidente",
    )  # fmt: skip
    assert "authentication" not in told, "who signed by hand was recognised by nobody here"
    assert [told["brought_by"]["member"], *(each["member"] for each in told["confirmed_by"])] == [
        "cd.dg", "og.dg", "ars.dg",
    ]  # fmt: skip
    assert told["confirmed_by"][1]["authentication"]["method"] == "password"
    assert told["confirmed_by"][1]["authentication"]["network"] == "réseau interne"
    history = visitor.get(f"/negociations/{table.id}/historique").text
    assert "La signature sur papier de Luc Ferrand, pour Département, sur la version v1.0, est versée par" in history
    assert "La signature sur papier de Luc Ferrand, Vice-présidente (Département) est confirmée par toutes" in history
    assert "Luc Ferrand, Vice-présidente" in visitor.get(f"/negociations/{table.id}/versions").text


def test_the_act_that_authorises_is_joined_until_the_place_is_signed(app: Flask, store: Store) -> None:
    table = an_agreed_table(store)
    version = freeze(table)
    said = {"version_id": version.id, "seen_hash": version.content_hash, "signature_id": place_of(table, table.og.sign)}
    first, second = (opened_scan(a_pdf(words)) for words in ("Délibération 44", "Délibération 45"))
    for scan in (first, second):
        with store.unit_of_work() as uow:
            act = join_act(uow, table.og.dg.actor, scan=scan, **said)
    with store.unit_of_work() as uow, pytest.raises(InvalidInput):
        join_act(uow, table.ars.dg.actor, scan=first, **said)
    put_signature(table.og.sign, version)
    with store.unit_of_work() as uow, pytest.raises(AlreadyDone):
        join_act(uow, table.og.dg.actor, scan=first, **said)
    assert signed_of(table, "og")["act_hash"] == hashlib.sha256(second.data).hexdigest()
    visitor = sits(app, table.ars.dg.email)
    assert f"/actes/{act}" in visitor.get(f"/negociations/{table.id}/versions").text
    assert visitor.get(f"/negociations/{table.id}/actes/{act}").data == second.data
    for write in ("UPDATE signing_act SET pages = 9", "DELETE FROM signing_act"):
        with pytest.raises(DatabaseError, match="immutable"), store.engine.begin() as connection:
            connection.execute(text(write))
    with store.unit_of_work() as uow:
        left = pack_archive(collect_archive(uow, table.ars.dg.actor)).data
    assert verifier.verify_archive(left).ok
    members = verifier.read_members(left)
    assert members.pop("versions/01/acte-01.pdf") == second.data
    lost = io.BytesIO()
    with zipfile.ZipFile(lost, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    problem = verifier.verify_archive(lost.getvalue()).first_problem
    assert "l’acte joint à la signature 1 manque" in problem


def test_in_a_fixed_order_each_waits_for_the_one_before(store: Store) -> None:
    table = an_agreed_table(store)
    with store.unit_of_work() as uow:
        set_terms(uow, table.og.dg.actor, order="fixed", every=["cd"])
    ask(table.og.dg)
    with store.unit_of_work() as uow, pytest.raises(InvalidInput):
        set_terms(uow, table.ars.dg.actor, order="free", every=[])
    for person in (table.ars.dg, table.cd.sign):
        ask(person)
    version = the_version(table)
    with pytest.raises(NotYourTurn):
        put_signature(table.cd.sign, version)
    for person in (table.og.sign, table.ars.sign):
        put_signature(person, version)
    assert not put_signature(table.cd.sign, version).is_complete
    assert put_signature(table.cd.vp, version).is_complete
    with pytest.raises(DatabaseError, match="immutable"), store.engine.begin() as connection:
        connection.execute(text("UPDATE signature SET role = 'autre'"))


def test_whoever_declines_says_why_and_the_contract_is_not_complete(app: Flask, store: Store) -> None:
    table = an_agreed_table(store)
    version = freeze(table)
    with store.unit_of_work() as uow:
        decline(uow, table.og.sign.actor, version_id=version.id, reason="Le conseil n’a pas délibéré.")
    page = sits(app, table.asso.dg.email).get(f"/negociations/{table.id}/versions").text
    assert "Le conseil n’a pas délibéré." in page
    assert "ne peut pas être complet" in page
    put_signature(table.og.sign, version)
    assert (
        "ne peut pas être complet" not in sits(app, table.asso.dg.email).get(f"/negociations/{table.id}/versions").text
    )


def test_a_signature_is_left_to_a_colleague_by_an_act_that_all_read(app: Flask, store: Store) -> None:
    table = an_agreed_table(store)
    version = freeze(table)
    with store.unit_of_work() as uow, pytest.raises(InvalidInput):
        delegate(uow, table.og.sign.actor, version_id=version.id, to_member_id=table.og.dg.member.id, act="Arrêté 12")
    with store.engine.begin() as connection:
        connection.execute(
            text("UPDATE member SET rights = :rights WHERE id = :id"),
            {"rights": '["signataire"]', "id": table.og.dg.member.id},
        )
    with store.unit_of_work() as uow:
        delegate(uow, table.og.sign.actor, version_id=version.id, to_member_id=table.og.dg.member.id, act="Arrêté 12")
    with pytest.raises(NotAllowed):
        put_signature(table.og.sign, version)
    put_signature(table.og.dg, version)
    assert "par délégation de" in sits(app, table.asso.dg.email).get(f"/negociations/{table.id}/versions").text
    with store.unit_of_work() as uow:
        remind(uow, table.og.dg.actor, version_id=version.id)
