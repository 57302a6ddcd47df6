"""A smaller table, from its first gesture to the verdict that anybody can ask for."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from negotiation import verifier
from tests.builders import Table, a_table
from tests.closing_table import closing_scenario
from tests.e2e.conftest import Enter
from tests.e2e.people import Somebody
from tests.e2e.serving import RunningServer
from tests.scenarios import Json

MANDATE = "Délibération 2026-45 du conseil d’administration"


@pytest.fixture(scope="module")
def table(
    tmp_path_factory: pytest.TempPathFactory, stopping: list[RunningServer]
) -> Iterator[tuple[RunningServer, Table]]:
    """Three parties that decide, a partner that doesn't, one fiche: a server of its own."""
    server = RunningServer(tmp_path_factory.mktemp("closing"))
    made = a_table(server.store, _with_names(closing_scenario(title="CPOM 2027-2029, Les Tilleuls")))
    server.start()
    yield server, made
    server.tell_to_stop()
    stopping.append(server)
    assert server.failures() == []


def test_a_contract_is_proposed_accepted_frozen_signed_and_verified(
    enter: Enter, table: tuple[RunningServer, Table], tmp_path: Path
) -> None:
    server, made = table
    og, ars, cd = (enter(person.email, server=server) for person in (made.og.dg, made.ars.dg, made.cd.dg))

    _propose_everything(og, made)
    for somebody in (ars, cd):
        _accept_everything(somebody, made)

    # Each party asks for the gel; the first time, it chooses the password that this asks for.
    for somebody in (og, ars, cd):
        somebody.page.goto(_versions(made))
        somebody.picture("figer")
        somebody.page.get_by_role("button", name="Demander le gel").click()
        somebody.picture("mot-de-passe")
        if somebody is cd:
            _confirm_and_see_the_wait(cd)
        else:
            somebody.confirm()
    cd.expect_told("Le contrat est figé")
    expect(og.page.locator("#versions")).to_contain_text("Version figée v1.0")
    expect(og.page.locator(".signed-count")).to_contain_text("Signé par 0 sur 3")
    with og.page.expect_download() as download:
        og.page.get_by_role("link", name="Contrat, PDF").click()
    contract = Path(download.value.path()).read_bytes()
    assert contract.startswith(b"%PDF-")

    signatories = [enter(person.email, server=server) for person in (made.og.sign, made.ars.sign, made.cd.sign)]
    for somebody, name in zip(signatories, ("Anne Le Goff", "Paul Meunier", "Inès Ferrand"), strict=True):
        _sign(somebody, made, name)
    og.page.goto(_versions(made))
    expect(og.page.locator(".signed-count")).to_contain_text("Signé par toutes les parties")
    og.picture("signe")
    _expect_read_only(og, made)

    # The archive of one party, judged by a passer-by, offline, and after one byte was changed.
    og.page.goto(_versions(made))
    with og.page.expect_download() as download:
        og.page.get_by_role("button", name="Dossier de preuve", exact=True).click()
    archive = Path(download.value.path()).read_bytes()
    passer_by = enter(server=server)
    _drop(passer_by.page, "preuve.zip", archive)
    expect(passer_by.page.get_by_role("heading", name="Ce dossier est juste : rien n’y a changé")).to_be_visible()
    passer_by.picture("verifier")
    _drop(passer_by.page, "contrat.pdf", contract)
    expect(passer_by.page.locator(".verdict")).to_contain_text("est exactement la version")
    changed = _with_one_byte_changed(archive)
    _drop(passer_by.page, "preuve.zip", changed)
    expect(passer_by.page.get_by_role("heading", name="Ce dossier a été changé")).to_be_visible()
    expect(passer_by.page.locator(".verdict")).to_contain_text("contrat.json")

    assert _judged_offline(tmp_path, archive) == 0
    assert _judged_offline(tmp_path, changed) == 1


NAMES = {"og": ("Association Les Tilleuls", "Les Tilleuls"), "ars": ("Agence régionale de santé", "ARS")}
ROLES = {"dg": "Directrice générale", "sign": "Présidente"}


def _with_names(content: Json) -> Json:
    """Names that read well: these pages are in the guide."""
    for party in content["parties"]:
        party["name"], party["short_name"] = NAMES.get(party["id"], (party["name"], party["short_name"]))
        for member in party["members"]:
            member["role"] = ROLES.get(member["id"].partition(".")[2], member["role"])
    return content


def _confirm_and_see_the_wait(somebody: Somebody) -> None:
    """Typesetting and sealing take seconds: the page says so, aloud too, and nothing is sent twice."""
    page, sent = somebody.page, list[str]()
    somebody.give_password()

    def hold(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(status=204)  # the browser stays where it is

    page.route("**/gel", hold)
    page.get_by_role("button", name="Continuer").press("Enter")
    expect(page.locator("p.when-sending")).to_contain_text("Le contrat est mis en page, puis scellé")
    expect(page.locator("#annonces")).to_contain_text("Le contrat est mis en page, puis scellé")
    button = page.get_by_role("button", name="En cours")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.press("Enter")
    assert sent == ["POST"]
    page.unroute("**/gel")
    page.evaluate("window.dispatchEvent(new Event('pageshow'))")  # as after the « back » button
    page.get_by_role("button", name="Continuer").click()


def _versions(made: Table) -> str:
    return f"/negociations/{made.id}/versions"


def _propose_everything(og: Somebody, made: Table) -> None:
    """The engagements one by one, one fiche in one gesture, the rest of the contract in another."""
    engagements = (
        ("EN01", "Le taux atteint **95 %** en 2028.", "95"),
        ("EN02", "L’objet est revu chaque année.", ""),
        ("EN03", "L’agence finance le poste.", "42000,50"),
    )
    for code, text, value in engagements:
        og.open_clause(code)
        form = og.open_form("Proposer")
        form.get_by_label("Texte proposé").fill(text)
        if value:
            form.get_by_label("Valeur").fill(value)
        form.get_by_role("button", name="Envoyer la proposition").click()
        og.expect_told("Votre proposition est partie")
    og.page.goto(f"/negociations/{made.id}/texte/{made.part_id('fa01')}")
    og.page.get_by_role("button", name="au nom").click()
    og.expect_told("proposés aux parties concernées")
    og.page.goto(f"/negociations/{made.id}/ensemble")
    og.page.get_by_role("button", name="Proposer les textes des parties cochées").click()
    expect(og.page.locator("main")).to_contain_text("Tous les textes écrits ont été proposés")


def _accept_everything(somebody: Somebody, made: Table) -> None:
    somebody.page.goto(f"/negociations/{made.id}/ensemble")
    somebody.picture("ensemble")
    somebody.page.get_by_role("button", name="Accepter les clauses cochées").click()
    somebody.expect_told("accords enregistrés")


def _sign(somebody: Somebody, made: Table, name: str) -> None:
    page = somebody.page
    page.goto(_versions(made))
    here = page.locator("form", has=page.get_by_role("button", name="Signer cette version"))
    here.get_by_label("Nom et prénom de la personne qui signe").fill(name)
    here.get_by_label("Acte qui vous habilite").fill(MANDATE)
    here.get_by_label("Date de cet acte").fill("2026-01-05")
    here.get_by_role("checkbox").check()
    somebody.picture("signer", of=page.locator("#signer"))
    here.get_by_role("button", name="Signer cette version").click()
    somebody.confirm()
    somebody.expect_told("La signature est enregistrée")


def _expect_read_only(og: Somebody, made: Table) -> None:
    for name in ("en01", "k01.markdown"):
        for tab in ("proposition", "table-commune", "brouillon"):
            og.page.goto(f"/clauses/{made.clause_id(name)}/{tab}")
            expect(og.clause).to_contain_text("Version figée")
            expect(
                og.page.locator("[contenteditable=true], main form[method=post]:not([action*='/discussion'])")
            ).to_have_count(0)


def _drop(page: Page, name: str, file: bytes) -> None:
    page.goto("/verifier")
    page.locator("input[type=file]").set_input_files([{"name": name, "mimeType": "application/zip", "buffer": file}])
    page.get_by_role("button", name="Vérifier").click()


def _with_one_byte_changed(archive: bytes) -> bytes:
    """The same files, one letter of the contract's text another."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as read, zipfile.ZipFile(changed, "w") as written:
        for name in read.namelist():
            content = read.read(name)
            if name == "contrat.json":
                content = content.replace(b"L\xe2\x80\x99agence finance", b"L\xe2\x80\x99agence Finance", 1)
                assert content != read.read(name)
            written.writestr(read.getinfo(name), content)
    return changed.getvalue()


def _judged_offline(folder: Path, archive: bytes) -> int:
    """What the program of the archive says, alone, with a Python that has nothing installed."""
    file = folder / "preuve.zip"
    file.write_bytes(archive)
    program = folder / "verifier.py"
    program.write_bytes(Path(str(verifier.__file__)).read_bytes())
    python = Path(sys.base_prefix) / "bin" / "python3"
    return subprocess.run([python, "-I", "-S", program, file], cwd=folder, capture_output=True, check=False).returncode
