"""The whole story from an empty instance: opened, prepared inside, sent with a visa, countered, agreed, reopened.

Four people, four browsers. Every private word here is a canary: no page of another side may ever hold one.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from negotiation.services.members import person_with
from negotiation.store import Announcing
from tests.e2e.conftest import Enter
from tests.e2e.morning import mails_of_the_next_morning
from tests.e2e.opening import Seated, fill_the_form, send_the_form
from tests.e2e.people import Somebody
from tests.e2e.serving import RunningServer

DIRECTOR, DAF = "dg@aubiers.example", "daf@aubiers.example"
ARS, CD = "handicap@ars.example", "autonomie@departement.example"
TITLE = "CPOM 2027-2031, Les Aubiers"
PARTIES = (
    Seated(
        "Organisme gestionnaire",
        "Association Les Aubiers",
        "Les Aubiers",
        job="Directeur financier",
        email=DAF,
        rights=("Écrit",),
    ),
    Seated("Agence régionale de santé", "ARS des Deux Vallées", "ARS", job="Responsable handicap", email=ARS),
    Seated("Département", "Conseil départemental", "Département", job="Cheffe de service", email=CD),
)
OBJECTIVE, GOAL, FICHE, ENGAGEMENT = (
    "Accueillir au plus près des besoins",
    "Ouvrir les places toute l’année",
    "Tenir l’activité des instituts",
    "Taux d’occupation des instituts",
)
PROPOSED = "L’organisme tient un taux d’occupation de 92 % chaque année."
COUNTERED = "L’organisme tient un taux d’occupation de 95 % en 2031, par paliers : 93 % en 2028, 94 % en 2029."
MOTIVE = "Deux unités ferment six semaines l’été."
COUNTER_MOTIVE = "La liste d’attente permet d’aller plus loin, par étapes."
OF_OUR_SIDE = ("oriflamme-cobalt", "hermine-safran")
BETWEEN_AUTHORITIES = "gypaète-indigo"
PAGES = (
    "",
    "/texte",
    "/ensemble",
    "/discussion",
    "/taches",
    "/interne",
    "/historique",
    "/versions",
    "/membres",
    "/synoptique",
    "/vigilance",
    "/recherche?q=instituts",
)
PAGES_OF_CLAUSE = (
    "/accorde",
    "/proposition",
    "/table-commune",
    "/brouillon",
    "/navette",
    "/fragment/carte",
    "/fragment/marge",
)
PRESENT = re.compile(r'<section id="presents".*?</section>', re.DOTALL)
"""Who has the table open at this moment: whoever goes to another page isn't there, whatever the page."""
TOKENS = re.compile(r'(name="(?:csrf_token|request_key)" value=|name="socket-token" content=)"[^"]*"')


@pytest.fixture
def instance(tmp_path_factory: pytest.TempPathFactory, stopping: list[RunningServer]) -> Iterator[RunningServer]:
    """Nothing but an account: no demonstration, no table."""
    server = RunningServer(tmp_path_factory.mktemp("story"), DEMONSTRATIONS="0").start()
    with server.store.unit_of_work(Announcing.SILENT) as uow:
        person_with(uow, DIRECTOR)
    yield server
    server.tell_to_stop()
    stopping.append(server)
    assert server.failures() == []


def test_a_negotiation_goes_from_nothing_to_an_agreement(enter: Enter, instance: RunningServer) -> None:
    director = enter(DIRECTOR, server=instance)
    director.page.get_by_role("link", name="Ouvrir une négociation").first.click()
    fill_the_form(director, TITLE, PARTIES)
    expect(director.page.locator("#apercu")).to_contain_text("3 parties, 0 structure")
    links = send_the_form(director)
    director.page.get_by_role("link", name="Aller à la table").click()
    daf, ars, cd = (enter(server=instance) for _ in range(3))
    for somebody, email in ((daf, DAF), (ars, ARS), (cd, CD)):
        somebody.follow(links[email])
        somebody.open_table(TITLE)
        expect(somebody.page.locator("main")).to_contain_text("La table est vide")
    table = director.page.url
    authorities = (ars, cd)
    for somebody in authorities:
        _wait_until_all_are_in(somebody, table)
    others_read = [_what_is_read(somebody, table) for somebody in authorities]

    _ask_for_a_visa(director, table)
    _prepare_inside(daf, table)
    _ask_to_leave(daf)
    assert [_what_is_read(somebody, table) for somebody in authorities] == others_read

    for somebody in authorities:
        somebody.page.goto(table)
    _give_the_visa(director, table)
    for somebody in authorities:
        _read_what_arrived(somebody)
    clause = ars.page.url.partition("#")[0]

    _set_a_mandate(director, clause)
    _talk_between_authorities(ars, cd, director)
    ars.counter(COUNTERED, COUNTER_MOTIVE, value="95")
    ars.expect_told("Votre contre-proposition est partie")
    _read_the_redline(director)

    cd.accept(2)
    cd.expect_told("Votre accord est enregistré")
    for somebody in (director, ars, cd):
        expect(somebody.clause.locator("p.turn")).to_contain_text("Accord partiel : il manque Les Aubiers, depuis")
    _read_the_morning_mail(director, instance)
    director.page.goto(clause)
    director.accept(2)
    for somebody in (director, ars, cd):
        expect(somebody.clause.locator("p.turn")).to_contain_text("Accord le")
        expect(somebody.clause.locator("summary", has_text=re.compile("^(Contre-p|P)roposer"))).to_have_count(0)
    _reopen_by_consent(ars, consenting=(cd, director))

    for somebody in authorities:
        _expect_nothing_of(somebody, OF_OUR_SIDE, table, clause)
    for somebody in (director, daf):
        _expect_nothing_of(somebody, (BETWEEN_AUTHORITIES,), table, clause)


def _wait_until_all_are_in(somebody: Somebody, table: str) -> None:
    """The first entry of another party is read a few seconds late at most: no move tells it."""
    for _ in range(50):
        if "Pas encore entré" not in somebody.page.request.get(table).text():
            return
        somebody.page.wait_for_timeout(200)
    raise AssertionError("somebody who is in is still said to be awaited")


def _ask_for_a_visa(director: Somebody, table: str) -> None:
    page = director.page
    page.goto(table)
    page.get_by_role("link", name="Notre côté").click()
    page.get_by_label("Avant de proposer ou contre-proposer").select_option(label="Visa d’un négociateur")
    page.get_by_role("button", name="Enregistrer").click()
    director.expect_told("Les visas demandés dans votre partie sont enregistrés.")


def _prepare_inside(daf: Somebody, table: str) -> None:
    """An objective, its goal, its fiche and an engagement of it, read by nobody else."""
    page = daf.page
    page.goto(f"{table}/texte")
    page.locator("summary", has_text="Ajouter au contrat").click()
    page.get_by_role("link", name="Un objectif stratégique").click()
    page.get_by_role("radio", name="Pour notre partie").check()
    daf.add(OBJECTIVE)
    for what, title in (("Un objectif opérationnel", GOAL), ("Une fiche action", FICHE)):
        daf.sheet.get_by_role("link", name=what).click()
        daf.add(title)
    daf.sheet.get_by_role("link", name="Un engagement").click()
    page.get_by_label("Valeur", exact=True).select_option(label="Un nombre")
    page.get_by_label("Unité").fill("%")
    daf.add(ENGAGEMENT)
    written = page.get_by_role("group", name=ENGAGEMENT)
    written.get_by_label("Valeur").fill("92")
    written.get_by_label("Texte").fill(PROPOSED)
    page.get_by_role("button", name="Enregistrer en interne").click()
    daf.expect_told("Enregistré, en interne.")


def _ask_to_leave(daf: Somebody) -> None:
    """« Mettre sur la table » asks for the visa first, with a word that stays inside."""
    page = daf.page
    page.locator("#plan").get_by_role("link", name=OBJECTIVE).click()
    page.get_by_role("button", name="Mettre sur la table…").click()
    page.get_by_label("Motif").fill(MOTIVE)
    page.get_by_label("Un mot pour le visa interne").fill(f"Nous irions à 94 % : {OF_OUR_SIDE[0]}.")
    page.get_by_role("button", name="Demander le visa").click()
    daf.expect_told("1 texte attend le visa de votre partie. Rien n’est sorti.")


def _give_the_visa(director: Somebody, table: str) -> None:
    """She reads the text, its motive and the word, and lets it go."""
    page = director.page
    page.goto(f"{table}/interne")
    for words in (PROPOSED, MOTIVE, OF_OUR_SIDE[0]):
        expect(page.locator("#visas")).to_contain_text(words)
    page.get_by_role("button", name="Donner le visa et envoyer").click()
    director.expect_told("Visa donné : 1 geste est parti.")


def _read_what_arrived(somebody: Somebody) -> None:
    """The table told by itself; the clause says what, why, and who answers."""
    arrived = somebody.page.locator("#tableau").get_by_role("link", name=ENGAGEMENT)
    expect(arrived).to_be_visible()
    arrived.click()
    expect(somebody.clause).to_contain_text(PROPOSED)
    expect(somebody.clause.locator(".motive")).to_contain_text(MOTIVE)
    expect(somebody.clause.get_by_role("button", name="Accepter la version 1")).to_be_visible()


def _set_a_mandate(director: Somebody, clause: str) -> None:
    director.page.goto(clause)
    form = director.open_form("Fixer un mandat interne")
    form.get_by_label("Plancher").fill("90")
    form.get_by_label("Marge de manœuvre").fill(f"Céder jusqu’à 96 % contre un poste : {OF_OUR_SIDE[1]}.")
    form.get_by_role("button", name="Enregistrer le mandat").click()
    expect(director.clause).to_contain_text(OF_OUR_SIDE[1])


def _talk_between_authorities(ars: Somebody, cd: Somebody, director: Somebody) -> None:
    """One writes, the other answers, and the page of the gestionnaire doesn't change by a byte."""

    def margin() -> str:
        return TOKENS.sub("", director.page.request.get(director.page.url.partition("#")[0]).text())

    read_before = margin()
    ars.comment(f"Leur été est fermé, mais 95 % se tient : {BETWEEN_AUTHORITIES}.", readers="Écrire aux autorités")
    cd.expect_comment(BETWEEN_AUTHORITIES)
    cd.comment("D’accord, avec des paliers.", readers="Écrire aux autorités")
    ars.expect_comment("D’accord, avec des paliers.")
    assert margin() == read_before


def _read_the_redline(director: Somebody) -> None:
    """What changed, value and words, where the clause was already open."""
    expect(director.clause.locator("ins", has_text="paliers").first).to_be_visible()
    expect(director.clause.locator("del", has_text="92")).not_to_have_count(0)
    expect(director.clause.locator(".motive").first).to_contain_text(COUNTER_MOTIVE)


def _read_the_morning_mail(director: Somebody, instance: RunningServer) -> None:
    """One for each person, that says what waits and no word of the contract; its link leads there."""
    letters = mails_of_the_next_morning(instance)
    assert sorted(letter.recipient for letter in letters) == sorted((DIRECTOR, DAF, ARS, CD))
    for letter in letters:
        said = (PROPOSED, COUNTERED, MOTIVE, COUNTER_MOTIVE, ENGAGEMENT, FICHE, *OF_OUR_SIDE, BETWEEN_AUTHORITIES)
        assert [words for words in said if words in letter.opened] == []
    (mine,) = (letter.text for letter in letters if letter.recipient == DIRECTOR)
    plain = " ".join(mine.split())
    assert "Ce qui vous attend - 1 clause attend la réponse de votre partie (EN01)" in plain
    director.page.goto(plain.partition("Ouvrir la table : ")[2].split()[0])
    expect(director.page.locator("table.board tr.mine")).to_contain_text(ENGAGEMENT)


def _reopen_by_consent(asking: Somebody, *, consenting: tuple[Somebody, ...]) -> None:
    """Asked by one, agreed by each of the others, one after the other."""
    form = asking.open_form("Demander la réouverture")
    form.get_by_label("Pourquoi rouvrir").fill("Un institut ferme pour travaux en 2028.")
    form.get_by_role("button", name="Envoyer la demande").click()
    asking.expect_told("Votre demande de réouverture est partie")
    for somebody in consenting:
        expect(somebody.clause).to_contain_text("demande la réouverture de cette clause. Elle reste accordée")
        somebody.clause.get_by_role("button", name="Consentir à la réouverture").click()
        somebody.expect_told("Votre accord à la réouverture est enregistré")
    expect(asking.clause).to_contain_text("Rouverte")


def _expect_nothing_of(somebody: Somebody, words: tuple[str, ...], table: str, clause: str) -> None:
    """Neither in what is on the screen, nor on any page that this person may open."""
    shown = {
        "on the screen": somebody.page.content(),
        **_what_is_read(somebody, table),
        **_clause_as_read(somebody, clause),
    }
    assert [(place, word) for place, page in shown.items() for word in words if word in page] == []


def _what_is_read(somebody: Somebody, table: str) -> dict[str, str]:
    """The pages on which something might show, but for tokens and who is there."""
    return {page: PRESENT.sub("", TOKENS.sub("", somebody.page.request.get(table + page).text())) for page in PAGES}


def _clause_as_read(somebody: Somebody, clause: str) -> dict[str, str]:
    address = clause.removesuffix("/proposition")
    return {page: somebody.page.request.get(address + page).text() for page in PAGES_OF_CLAUSE}
