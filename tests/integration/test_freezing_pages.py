"""Versions et signature, as its readers click through it."""

import re
from datetime import timedelta
from io import BytesIO
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import text

from negotiation.documents.archive import ArchiveContent, write_archive
from negotiation.services import exporting
from negotiation.services.recognising import exactly
from negotiation.store import Store
from negotiation.store.record import FrozenVersion
from negotiation.verifier import verify_archive
from tests.builders import Table, a_table
from tests.closing_table import SIGNER, a_closing_table, an_agreed_table, freeze, put_signature
from tests.scenarios import HANDICAP, sample
from tests.visitors import PASSWORD, Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def store(app: Flask) -> Store:
    opened: Store = app.extensions["store"]
    return opened


@pytest.fixture
def agreed(store: Store) -> Table:
    return an_agreed_table(store)


def sits(app: Flask, email: str) -> Visitor:
    """Signed in, with a password chosen a moment ago."""
    return Visitor(app).enter(email).choose_password()


def versions(table: Table) -> str:
    return f"/negociations/{table.id}/versions"


def hash_on(page: str) -> str:
    return re.search(r'name="content_hash" value="(\w{64})"', page)[1]  # type: ignore[index]


def ask_for_gel(visitor: Visitor, table: Table) -> str:
    page = visitor.get(versions(table)).text
    sent = visitor.post(f"/negociations/{table.id}/gel", {"act": "request", "content_hash": hash_on(page)})
    assert sent.status_code == 302, sent.text
    return visitor.get(versions(table)).text


def forget_the_password_of(store: Store) -> None:
    """Three minutes pass."""
    with store.engine.begin() as connection:
        connection.execute(
            text("UPDATE signin_session SET authenticated_at = datetime(authenticated_at, :ago)"),
            {"ago": f"-{int(timedelta(minutes=3).total_seconds())} seconds"},
        )


def test_the_page_lists_what_is_open_with_the_way_there(app: Flask, store: Store) -> None:
    table = a_closing_table(store)
    table.cd.dg.reserve("en01", "Sous réserve.")
    page = sits(app, table.og.dg.email).get(versions(table)).text
    assert "Figer est impossible" in page
    assert f"/clauses/{table.clause_id('en01')}" in page
    assert f"/clauses/{table.clause_id('k01.markdown')}" in page
    assert "ni levée ni maintenue au contrat" in page
    assert "Demander le gel" not in page


def test_the_page_says_when_nothing_is_open_and_shows_the_fingerprint(app: Flask, agreed: Table) -> None:
    page = sits(app, agreed.og.dg.email).get(versions(agreed)).text
    assert "Rien n’est ouvert" in page
    assert "Demander le gel" in page
    assert "Empreinte du texte à figer" in page


def test_three_parties_click_and_the_contract_is_frozen(app: Flask, agreed: Table) -> None:
    og, ars, cd = (sits(app, person.email) for person in (agreed.og.dg, agreed.ars.dg, agreed.cd.sign))
    assert "Retirer notre demande" in ask_for_gel(og, agreed)
    ask_for_gel(ars, agreed)
    assert "le contrat sera figé aussitôt" in cd.get(versions(agreed)).text
    page = ask_for_gel(cd, agreed)
    assert "Version figée" in page
    assert "Signé par 0 sur 3" in page
    assert "Demander le gel" not in page


def test_a_request_can_be_taken_back(app: Flask, agreed: Table) -> None:
    og = sits(app, agreed.og.dg.email)
    ask_for_gel(og, agreed)
    og.post(f"/negociations/{agreed.id}/gel", {"act": "cancel"})
    assert "Votre demande de gel est retirée" in og.get(versions(agreed)).text


def test_a_request_on_a_text_that_changed_says_so(app: Flask, agreed: Table) -> None:
    og = sits(app, agreed.og.dg.email)
    ask_for_gel(og, agreed)
    agreed.agree("fa01.material_means", "Un véhicule.")
    assert "Votre demande portait sur un texte qui a changé" in og.get(versions(agreed)).text


def test_a_stale_screen_freezes_nothing(app: Flask, agreed: Table) -> None:
    og = sits(app, agreed.og.dg.email)
    sent = og.post(f"/negociations/{agreed.id}/gel", {"act": "request", "content_hash": "0" * 64})
    assert sent.status_code == 409
    assert "Le texte a changé" in sent.text


def test_after_two_minutes_the_password_is_asked_again_and_the_request_goes_on(app: Flask, agreed: Table) -> None:
    og = sits(app, agreed.og.dg.email)
    page = og.get(versions(agreed)).text
    forget_the_password_of(agreed.store)
    address, fields = f"/negociations/{agreed.id}/gel", {"act": "request", "content_hash": hash_on(page)}
    sent = og.post(address, fields)
    assert sent.status_code == 403
    assert 'name="password"' in sent.text
    kept = re.search(r'name="kept" value="([^"]+)"', sent.text)[1]  # type: ignore[index]
    resumed = og.post(
        "/connexion/confirmer", {"password": PASSWORD, "next": address, "kept": kept.replace("&#34;", '"')}
    )
    assert hash_on(page) in resumed.text
    assert og.post(address, fields).status_code == 302


@pytest.mark.parametrize("who", ["og.lect", "og.redac", "asso.dg", "asso.sign"])
def test_whoever_may_not_ask_sees_no_button_and_gets_nothing(app: Flask, agreed: Table, who: str) -> None:
    party, role = who.split(".")
    person = getattr(getattr(agreed, party), role)
    visitor = sits(app, person.email)
    assert "Demander le gel</button>" not in visitor.get(versions(agreed)).text
    answer = visitor.post(f"/negociations/{agreed.id}/gel", {"act": "request", "content_hash": "0" * 64})
    assert answer.status_code == 403


def test_nonsense_is_refused_in_french(app: Flask, agreed: Table) -> None:
    og = sits(app, agreed.og.dg.email)
    assert og.post(f"/negociations/{agreed.id}/gel", {"act": "détruire"}).status_code == 422
    assert og.get(f"/negociations/{agreed.id}/versions/inconnue/contrat.pdf").status_code == 404


# ---------------------------------------------------------------------- files


def test_the_pdf_is_the_very_file_that_was_frozen(app: Flask, agreed: Table) -> None:
    version = freeze(agreed)
    answer = sits(app, agreed.og.lect.email).get(f"{versions(agreed)}/{version.id}/contrat.pdf")
    assert answer.data == version.pdf
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="TEST-01-v1.0.pdf"'
    assert "no-store" in answer.headers["Cache-Control"]
    assert exactly(answer.data, {version.pdf_hash: "v1.0"}).ok
    copy = sits(app, agreed.og.lect.email).get(f"{versions(agreed)}/{version.id}/lecture.pdf")
    assert copy.data == version.pdf, "no seal took its tags' claim away"


def test_the_archive_of_a_signed_contract_verifies_without_us(app: Flask, agreed: Table) -> None:
    version = freeze(agreed)
    for person in (agreed.og.sign, agreed.ars.sign, agreed.cd.sign):
        put_signature(person, version)
    archive = sits(app, agreed.ars.dg.email).post(f"/negociations/{agreed.id}/archive").data
    report = verify_archive(archive)
    assert report.ok, report.first_problem
    assert any("3 signatures de ce texte" in proof for proof in report.proves)


def test_an_archive_to_hand_on_holds_only_what_every_party_reads(app: Flask, agreed: Table) -> None:
    agreed.ars.dg.note("en01", "Un mot entre nous.")
    agreed.ars.dg.tell_authorities("en01", "Un mot entre autorités.")
    reader, address = sits(app, agreed.ars.dg.email), f"/negociations/{agreed.id}/archive"
    kept, handed = (reader.post(address, asked).data for asked in ({}, {"held": "shared"}))
    assert [verify_archive(archive).ok for archive in (kept, handed)] == [True, True]
    assert [_says(kept, words) for words in ("Un mot entre nous.", "Un mot entre autorités.")] == [True, True]
    assert [_says(handed, words) for words in ("Un mot entre nous.", "Un mot entre autorités.")] == [False, False]
    names = ZipFile(BytesIO(handed)).namelist()
    assert not [name for name in names if agreed.ars.id in name or "autorites" in name or "internes" in name]


def _says(archive: bytes, words: str) -> bool:
    with ZipFile(BytesIO(archive)) as zipped:
        return any(words.encode() in zipped.read(name) for name in zipped.namelist())


def exports_told(table: Table, person: Visitor) -> int:
    return person.get(f"/negociations/{table.id}/historique?cercle=ours").text.count("télécharge l’archive")


def test_an_archive_is_asked_for_by_a_form_since_it_is_recorded(app: Flask, agreed: Table) -> None:
    """A link may be followed by a mail reader or a browser that looks ahead: nobody in person."""
    reader = sits(app, agreed.og.dg.email)
    assert f'method="post" action="/negociations/{agreed.id}/archive"' in reader.get(versions(agreed)).text
    assert reader.get(f"/negociations/{agreed.id}/archive").status_code == 405
    assert exports_told(agreed, reader) == 0
    assert reader.client.post(f"/negociations/{agreed.id}/archive").status_code == 400
    assert exports_told(agreed, reader) == 0
    assert reader.post(f"/negociations/{agreed.id}/archive").status_code == 200
    assert exports_told(agreed, reader) == 1


def test_nobody_waits_while_an_archive_is_packed(app: Flask, agreed: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    def slowly(content: ArchiveContent, **given: Any) -> bytes:
        writer = Thread(target=lambda: agreed.cd.dg.note("en01", "Pendant ce temps."), daemon=True)
        writer.start()
        writer.join(timeout=20)
        waited.append(writer.is_alive())
        return write_archive(content, **given)

    monkeypatch.setattr(exporting, "write_archive", slowly)
    archive = sits(app, agreed.og.dg.email).post(f"/negociations/{agreed.id}/archive").data
    assert waited == [False]
    assert verify_archive(archive).ok


def test_files_of_another_negotiation_do_not_exist(app: Flask, agreed: Table) -> None:
    version = freeze(agreed)
    other = a_closing_table(agreed.store)
    stranger = sits(app, other.og.dg.email)
    for path in ("", f"/{version.id}/contrat.pdf", f"/{version.id}/lecture.pdf"):
        assert stranger.get(f"{versions(agreed)}{path}").status_code == 404
    assert stranger.post(f"/negociations/{agreed.id}/archive").status_code == 404
    for name in ("contrat", "lecture"):
        assert stranger.get(f"{versions(other)}/{version.id}/{name}.pdf").status_code == 404


# ---------------------------------------------------------------------- signing


def signing_fields(version: FrozenVersion, page: str, **changed: str) -> dict[str, str]:
    consent = re.search(r'name="consent" value="([^"]+)"', page)[1]  # type: ignore[index]
    return {
        "version_id": version.id,
        "content_hash": version.content_hash,
        "signer": SIGNER,
        "mandate": "Délibération 2026-45",
        "mandate_on": "2026-01-05",
        "consent": consent,
    } | changed


def test_a_signatory_signs_and_the_count_goes_up(app: Flask, agreed: Table) -> None:
    version = freeze(agreed)
    president = sits(app, agreed.og.sign.email)
    page = president.get(versions(agreed)).text
    assert "Signer cette version" in page
    assert "qualifiée" not in page
    assert president.post(f"/negociations/{agreed.id}/signature", signing_fields(version, page)).status_code == 302
    after = president.get(versions(agreed)).text
    assert "Signé par 1 sur 3" in after
    assert "Délibération 2026-45" in after
    assert "Signer cette version" not in after


def test_who_may_not_sign_sees_no_form(app: Flask, agreed: Table) -> None:
    freeze(agreed)
    for person in (agreed.og.dg, agreed.asso.sign):
        assert "Signer cette version" not in sits(app, person.email).get(versions(agreed)).text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"mandate": " "}, "Nommez l’acte qui vous habilite"),
        ({"mandate_on": "2999-01-01"}, "elle ne peut pas être à venir"),
        ({"mandate_on": "jeudi"}, "n’est pas une date"),
        ({"consent": ""}, "Cochez cette phrase"),
    ],
)
def test_a_signature_that_lacks_something_keeps_what_was_typed(
    app: Flask, agreed: Table, changed: dict[str, str], sentence: str
) -> None:
    version = freeze(agreed)
    president = sits(app, agreed.og.sign.email)
    fields = signing_fields(version, president.get(versions(agreed)).text, **changed)
    sent = president.post(f"/negociations/{agreed.id}/signature", fields)
    assert sent.status_code == 422
    assert sentence in sent.text
    assert fields["mandate"] in sent.text
    assert "Signé par 0 sur 3" in sent.text


def test_what_a_file_declared_is_never_shown_as_a_click(app: Flask, store: Store) -> None:
    table = a_table(store, sample(HANDICAP))
    page = sits(app, _director(table)).get(versions(table)).text
    assert "Déclaré par l’import" in page
    assert "Personne n’a cliqué ici" in page
    assert "dans Navette</span>" not in page
    assert "Signer cette version" not in page


def _director(table: Table) -> str:
    return f"og.dg@{table.negotiation().key}.example"


def test_the_project_is_printed_until_the_contract_is_frozen(app: Flask, agreed: Table) -> None:
    visitor = sits(app, agreed.og.dg.email)
    address = f"/negociations/{agreed.id}/projet.pdf"
    assert f'href="{address}?modifications=oui"' in visitor.get(versions(agreed)).text
    for asked in (address, f"{address}?modifications=oui"):
        assert visitor.get(asked).data.startswith(b"%PDF-")
    freeze(agreed)
    assert visitor.get(address).status_code == 302
