"""A séance from planning to closing: three parties and a projector, four browsers."""

import re

from playwright.sync_api import Locator, expect
from sqlalchemy import update
from sqlmodel import col

from negotiation.store.columns import now
from negotiation.store.seances import SeanceDecision
from tests.e2e.conftest import Enter
from tests.e2e.people import Somebody
from tests.e2e.serving import RunningServer
from tests.e2e.test_connection import OF_THE_NETWORK
from tests.e2e.test_layout import AXE, VIOLATIONS

OG, ARS, CD = "og.dg@handicap.example", "ars.resp@handicap.example", "cd.chef@handicap.example"
TITLE = "Co-rédaction 3 : données et modulation"
FULL_HD = {"width": 1920, "height": 1080}
PHONE = {"width": 360, "height": 760}


def test_three_parties_and_a_projector_from_planning_to_closing(enter: Enter) -> None:
    og, ars, cd = enter(OG), enter(ARS), enter(CD, viewport=PHONE)
    wall = enter("ars.insp@handicap.example", viewport=FULL_HD)

    # Planned: clauses on the agenda, put in order by keyboard.
    plan(og)
    for code in ("EN03", "EN11"):
        og.page.locator(".offered label", has_text=code).click()
    og.page.get_by_label("Minutes pour chacune").fill("20")
    og.page.get_by_role("button", name="Ajouter à l’ordre du jour").click()
    og.page.get_by_role("button", name=re.compile("^Monter EN11")).press("Enter")
    expect(og.page.locator(".agenda-build > li").first).to_contain_text("EN11")
    og.page.get_by_role("button", name="Ouvrir la séance").click()
    expect(og.page.locator("#bandeau")).to_contain_text("Séance en cours")
    address = og.page.url

    # Whoever opens the page is there; the chair sees them come.
    for somebody in (ars, cd):
        somebody.open_table("CPOM")
        somebody.page.get_by_role("link", name="Séances").click()
        somebody.page.get_by_role("link", name=TITLE).click()
    wall.page.goto(f"{address}/projection")
    expect(og.page.locator("#presents")).to_contain_text("Présents, 3")
    og.page.get_by_text("Quelqu’un sans compte").click()
    og.page.get_by_label("Nom et fonction").fill("Adjointe au maire")
    og.page.get_by_role("button", name="Noter présent").click()
    expect(ars.page.locator("#presents")).not_to_contain_text("Adjointe au maire (")
    expect(og.page.locator("#presents")).to_contain_text("Adjointe au maire dans la salle")

    # The chair leads, the screens follow; who prefers looks elsewhere, and comes back.
    og.page.get_by_role("button", name="Premier point").click()
    for somebody in (og, ars, cd):
        expect(somebody.clause).to_contain_text("Transmission des données")
    expect(wall.page.locator("h1")).to_contain_text("Transmission des données")
    cd.page.get_by_label("Suivre la présidence").uncheck()

    # Written together at the table commune, proposed there; the wall shows it.
    for somebody in (og, ars):
        expect(somebody.live_text).to_be_visible()
    og.write("Les données sont transmises ")
    expect(ars.live_text).to_contain_text("Les données sont transmises")
    ars.write("trente jours avant la réunion.")
    expect(og.live_text).to_contain_text("Les données sont transmises trente jours avant la réunion.")
    expect(wall.page.locator(".read")).to_contain_text("trente jours avant la réunion.")
    og.clause.get_by_label("Valeur").fill("30")
    og.propose_the_draft(common="yes")
    expect(og.page.locator("#bandeau")).to_be_visible()
    expect(wall.page.locator(".top")).to_contain_text("version 1 de la table commune")
    ars.page.get_by_role("link", name="Proposition en cours").click()
    expect(ars.clause).to_contain_text("trente jours avant la réunion.")

    # Decided with one click, by each for its own party, or noted for another, which confirms it.
    decide(ars, "Accord de l’ARS sur la version 1")
    for somebody in (og, ars, wall):
        expect(decisions(somebody)).to_contain_text("L’ARS accepte la version 1.")
    og.page.get_by_text("Accord d’une autre partie").click()
    og.page.locator("#decisions details[open]").get_by_label("Département").check()
    decide(og, "Noter cet accord")
    cd.page.get_by_role("button", name="Confirmer au nom du Département").click()
    decide(og, "Accord d’Orlinde sur la version 1")
    expect(decisions(og)).to_contain_text("Orlinde accepte la version 1.")
    a_minute_passes(og.server)
    expect(og.clause.locator("p.turn")).to_contain_text("Accord")
    expect(og.page.locator(".decision-bound")).to_have_count(3)

    # Cancelled within the minute; a task has an owner and a day.
    og.page.get_by_role("button", name="Renvoyer au COPIL").click()
    cancelled = og.page.locator(".minute-list > li", has_text="Renvoyé au COPIL")
    cancelled.get_by_role("button", name="Annuler").click()
    expect(cancelled).to_contain_text("annulée")
    ars.page.locator("#decisions summary", has_text="Action à faire").click()
    ars.page.get_by_label("Ce qu’il y a à faire").fill("Chiffrer la modulation.")
    ars.page.locator("#decisions details[open]").get_by_label("Pour le").fill("2026-09-15")
    ars.page.get_by_role("button", name="Noter l’action").click()
    expect(decisions(og)).to_contain_text("Chiffrer la modulation.")

    # The next point: who follows goes there, who doesn't stays until he ticks the box again.
    og.page.get_by_role("button", name=re.compile("^Point suivant")).click()
    expect(ars.clause).to_contain_text("Indicateurs d’activité")
    expect(wall.page.locator("h1")).to_contain_text("Indicateurs d’activité")
    expect(cd.clause).to_contain_text("Transmission des données")
    cd.page.get_by_label("Suivre la présidence").check()
    expect(cd.clause).to_contain_text("Indicateurs d’activité")

    # What is said inside stays there; what everybody says reaches everybody.
    ars.page.get_by_role("link", name="ARS, en interne").click()
    ars.page.locator("#message-ours").fill("Ne cédons pas sur le plafond.")
    ars.page.get_by_role("button", name="Envoyer en interne").click()
    expect(ars.page.locator("#messages")).to_contain_text("Ne cédons pas sur le plafond.")
    og.page.get_by_label("Votre message").fill("Nous répondons dimanche.")
    og.page.get_by_role("button", name="Envoyer", exact=True).click()
    cd.page.get_by_role("navigation", name="La séance").get_by_role("link", name="Discussion").click()
    expect(cd.page.locator("#messages")).to_contain_text("Nous répondons dimanche.")
    for somebody in (og, cd, wall):
        assert "Ne cédons pas" not in somebody.page.content()

    # After a cut, what was missed is there.
    ars.page.context.set_offline(True)
    og.page.get_by_role("button", name=re.compile("^Aborder : EN11")).click()
    expect(og.clause).to_contain_text("Transmission des données")
    ars.page.context.set_offline(False)
    expect(ars.clause).to_contain_text("Transmission des données", timeout=15_000)
    ars.complaints[:] = [told for told in ars.complaints if not OF_THE_NETWORK.search(told)]

    expect_accessible(og, ars, cd, wall)
    a_minute_passes(og.server)
    og.page.get_by_role("button", name="Clore la séance").click()
    expect(ars.page.get_by_role("alert")).to_contain_text("La séance est close.")
    ars.page.get_by_role("link", name="Voir ce qui a été décidé").click()
    expect(ars.page.locator(".minute-list")).to_contain_text("Chiffrer la modulation.")
    expect(ars.page.locator("main")).to_contain_text("Nous répondons dimanche.")
    assert "Ne cédons pas" not in ars.page.content()
    expect_accessible(ars)


def plan(chair: Somebody) -> None:
    chair.open_table("CPOM")
    chair.page.get_by_role("link", name="Séances").click()
    chair.page.get_by_role("link", name="Prévoir une séance").click()
    chair.page.get_by_label("Titre").fill(TITLE)
    chair.page.get_by_label("Jour").fill("2026-07-16")
    chair.page.get_by_label("Début").fill("14:00")
    chair.page.get_by_role("button", name="Prévoir la séance").click()
    chair.expect_told("La séance est prévue")


def decide(somebody: Somebody, words: str) -> None:
    somebody.page.locator("#decisions").get_by_role("button", name=re.compile(words.replace(" ", r"\s"))).click()


def decisions(somebody: Somebody) -> Locator:
    return somebody.page.locator(".minute-list, .wall-decisions")


def a_minute_passes(server: RunningServer) -> None:
    """What waits was decided a minute ago: the server's next round binds it."""
    with server.store.engine.begin() as connection:
        waits = col(SeanceDecision.binds_at).is_not(None)
        connection.execute(update(SeanceDecision).where(waits).values(binds_at=now()))


def expect_accessible(*people: Somebody) -> None:
    for somebody in people:
        somebody.page.evaluate(AXE.read_text(encoding="utf-8"))
        assert somebody.page.evaluate(VIOLATIONS, None) == []
        assert somebody.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
