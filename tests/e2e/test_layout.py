"""Every main page at the widths and in the colours people have: it fits, is accessible, and works by keys."""

import re
import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from negotiation.rules.amendment import AmendmentKind
from negotiation.services.reviews import Meeting, open_dialogue
from negotiation.store import Announcing
from tests.e2e.conftest import Enter
from tests.e2e.furnished import Places, furnish, table_of
from tests.e2e.opening import Seated, fill_the_form, send_the_form
from tests.e2e.people import DESK, Somebody
from tests.e2e.serving import RunningServer
from tests.integration.test_amendments import amend, wanted

OG, OG_SIGNED = "og.dg@handicap.example", "og.dg@ehpad.example"
WIDTHS = (320, 360, 1280, 1920)
Colours = Literal["light", "dark"]
COLOURS: dict[Colours, list[str] | None] = {"light": None, "dark": ["color-contrast"]}
"""The rules asked in each: but for its colours, a page is the same in the dark."""
PAGES = (
    "/",
    "{table}",
    "{table}/texte",
    "{table}/ensemble",
    "{table}/cadrage",
    "{table}/diagnostic",
    "{table}/indicateurs",
    "{table}/finances",
    "{table}/calendrier",
    "{table}/consultations",
    "{table}/suivi",
    "{table}/avenants",
    "{table}/partir",
    "{table}/mise-en-page/projet",
    "{table}/word",
    "{table}/retour-de-word",
    "{table}/ajouter-depuis-word",
    "{table}/evaluation",
    "{table}/discussion",
    "{table}/historique",
    "{table}/navettes",
    "{table}/provenance",
    "{table}/apercu",
    "{table}/au",
    "{table}/au/2026-07-01",
    "{table}/comparer?de=v1&a=maintenant&vue=colonnes",
    "{table}/versions",
    "{clause}/accorde",
    "{clause}/proposition",
    "{clause}/table-commune",
    "{clause}/brouillon",
    "{clause}/navette",
    "/connexion/confirmer",
    "/verifier",
    "/nulle-part",
)
EDITOR = re.compile(r"/main-\w+\.js$")
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
MATRIX = Path(__file__).resolve().parents[1] / "authorisation.toml"
NO_PAGE = re.compile(
    r"/(fragment|marge|morceaux|attendu|avancement|export|papiers|actes|discussion/(messages|panneau|reperes))\b"
    r"|\.(csv|docx|json|pdf|svg|xlsx|zip)$"
)
"""Pieces of pages that are looked at, and files."""
# What these rules of accessibility find wrong, in the colours of the moment, any rule without them.
VIOLATIONS = """async (rules) => {
  const only = rules ? { runOnly: rules } : {};
  const { violations } = await axe.run({ resultTypes: ["violations"], ...only });
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`);
}"""
PARTIES = (
    Seated("Organisme gestionnaire", "Fondation des Deux Rives", "Deux Rives", job="DAF", email="daf@rives.example"),
    Seated("Agence régionale de santé", "ARS des Vallées", "ARS", job="Responsable", email="resp@vallees.example"),
    Seated("Département", "Conseil départemental", "Département", job="Cheffe", email="cheffe@vallees.example"),
)
OF_THE_SIGNED = (
    "{table}/suivi",
    "{table}/avenants",
    "{table}/suivi/2025",
    "{table}/evaluation",
    "{clause}/navette",
    "{table}/provenance",
    "{table}/apercu",
    "{table}/au/2023-06-27",
    "{table}/comparer?de=v1&a=accord",
    "{avenant}/avenants",
    "{avenant}/avenant/changements",
    "{avenant}/avenant/changements?vue=colonnes",
    "{avenant}/versions",
)
OF_PASSERS_BY = ("/connexion", "/verifier", "/connexion/lien/perdu")


@pytest.fixture
def og(enter: Enter) -> Somebody:
    return enter(OG)


def test_every_page_fits_has_one_title_and_is_open_to_everybody(og: Somebody) -> None:
    og.open_clause("EN06")
    clause = re.sub("#.*", "", og.page.url)
    og.page.get_by_role("link", name="La table").first.click()
    table = og.page.url
    fetched: set[str] = set()
    og.page.on("request", lambda asked: fetched.add(og.page.url) if EDITOR.search(asked.url) else None)
    faults = {
        address: found
        for page in PAGES
        if (found := _faults(og.page, address := page.format(table=table, clause=clause)))
    }
    assert faults == {}
    # Who only reads fetches no editor, which weighs four times the rest.
    assert fetched == {f"{clause}/{draft}" for draft in ("table-commune", "brouillon")}


def test_what_people_prepare_compare_and_discuss_fits_too(og: Somebody, enter: Enter, served: RunningServer) -> None:
    places = furnish(served.store)
    drafter = enter("og.daf@handicap.example")
    looked_at = [(og, address) for address in places.addresses()]
    looked_at += [(drafter, address) for address in places.addresses_of_the_drafter()]
    faults = {address: found for somebody, address in looked_at if (found := _faults(somebody.page, address))}
    assert faults == {}


def test_what_is_read_and_written_of_a_signed_contract_fits_too(enter: Enter, served: RunningServer) -> None:
    signed = table_of(served.store, "ehpad")
    with served.store.unit_of_work(Announcing.SILENT) as uow:
        open_dialogue(uow, signed.og.dg.actor, 2025, meeting=Meeting(date(2026, 6, 15), "Les référents"))
    extended = wanted(signed, "en01", kind=AmendmentKind.EXTENSION, term_after=date(2029, 12, 31))
    avenant = amend(signed.og.dg, extended)
    avenant.og.dg.propose("en01", "Le taux d’occupation est revu chaque année.", 96)
    page = enter(OG_SIGNED).page
    named = {
        "table": f"/negociations/{signed.id}",
        "clause": f"/clauses/{signed.clause_id('en01')}",
        "avenant": f"/negociations/{avenant.id}",
    }
    faults = {each: found for each in OF_THE_SIGNED if (found := _faults(page, each.format(**named)))}
    assert faults == {}


def test_no_page_is_left_out() -> None:
    """Whoever adds a page lists an address of it above, or in `furnished.py`."""
    some = Places(**dict.fromkeys((each.name for each in fields(Places)), "x"))
    looked_at = {
        re.sub(r"[?#].*", "", address).format(table="/negociations/x", clause="/clauses/x", avenant="/negociations/x")
        for address in (
            *PAGES,
            *OF_THE_SIGNED,
            *OF_PASSERS_BY,
            "/ouvrir",
            *some.addresses(),
            *some.addresses_of_the_drafter(),
        )
    }
    ways = tomllib.loads(MATRIX.read_text(encoding="utf-8"))["ways"]
    pages = [way.removeprefix("GET ") for way in ways if way.startswith("GET ") and not NO_PAGE.search(way)]
    unseen = {page for page in pages if not any(re.fullmatch(_any_of(page), address) for address in looked_at)}
    assert unseen == set()


def _any_of(route: str) -> str:
    """Every address of a route, as a pattern."""
    return re.sub(r"<[^>]+>", "[^/]+", route)


def test_the_form_that_opens_a_table_fits_in_each_of_its_states(og: Somebody) -> None:
    faults = {"empty": _faults(og.page, "/ouvrir")}
    og.page.get_by_role("button", name="Ouvrir la table").click()
    expect(og.page.get_by_role("alert")).to_contain_text("La table n’est pas ouverte")
    faults["refused"] = _faults_here(og.page)
    fill_the_form(og, "CPOM à ouvrir", PARTIES)
    send_the_form(og)
    faults["opened"] = _faults_here(og.page)
    og.page.get_by_role("link", name="Aller à la table").click()
    faults["table"] = _faults_here(og.page)
    assert {state: found for state, found in faults.items() if found} == {}


def test_pages_for_passers_by_fit_too(enter: Enter) -> None:
    somebody = enter()
    faults = {address: found for address in OF_PASSERS_BY if (found := _faults(somebody.page, address))}
    assert faults == {}


def test_somebody_answers_with_the_keyboard_alone(og: Somebody) -> None:
    page = og.page
    _tab_to(page, "Places d’accueil temporaire à la MAS")
    page.keyboard.press("Enter")
    expect(og.clause).to_contain_text("EN06")
    _tab_to(page, "Contre-proposer")
    page.keyboard.press("Enter")
    _tab_to(page, "Texte proposé")
    page.keyboard.press("Control+End")
    page.keyboard.type(" Une place reste de secours.")
    _tab_to(page, "Motif")
    page.keyboard.type("Nos familles le demandent.")
    _tab_to(page, "Envoyer la contre-proposition")
    page.keyboard.press("Enter")
    og.expect_told("Votre contre-proposition est partie")
    expect(og.clause).to_contain_text("Une place reste de secours.")


def test_the_skip_link_leads_to_the_content(og: Somebody) -> None:
    og.page.keyboard.press("Tab")
    expect(og.page.locator("a.skip")).to_be_focused()
    og.page.keyboard.press("Enter")
    expect(og.page.locator("#contenu")).to_be_focused()


def _faults(page: Page, address: str) -> list[str]:
    """What is wrong with this page, at every width."""
    page.goto(address)
    return _faults_here(page)


def _faults_here(page: Page) -> list[str]:
    faults = []
    titles = page.locator("h1:visible").count()
    if titles != 1:
        faults.append(f"{titles} titles")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if too_wide > 0:
            faults.append(f"{too_wide} px too wide at {width}")
    page.set_viewport_size(DESK)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for colours, rules in COLOURS.items():
        page.emulate_media(color_scheme=colours)
        faults += [f"{colours}: {violation}" for violation in page.evaluate(VIOLATIONS, rules)]
    return faults


def _tab_to(page: Page, name: str) -> None:
    """Go on with the Tab key until what is called so has the focus."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if name in page.evaluate(FOCUSED):
            return
    raise AssertionError(f"« {name} » is never reached")


FOCUSED = """() => {
  const { activeElement: here } = document;
  const label = here.labels?.[0]?.textContent ?? here.getAttribute("aria-label");
  return (label ?? here.textContent ?? "").trim();
}"""
