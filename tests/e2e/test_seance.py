"""A séance of three parties and a projector, four browsers: from planning to the approved relevé, and through what
networks and servers do to it."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Error, Response, WebSocket, expect
from sqlalchemy import update
from sqlmodel import col

from negotiation.services.seance_agenda import Item, add_points, point_at
from negotiation.store.columns import now
from negotiation.store.seances import SeanceDecision
from tests.builders import Table
from tests.e2e.conftest import Enter
from tests.e2e.people import Somebody
from tests.e2e.seance_gestures import decide, decisions, press, said, say, to_the_channel, to_the_pane
from tests.e2e.serving import RunningServer
from tests.e2e.test_layout import AXE, VIOLATIONS
from tests.e2e.test_offline import table_of
from tests.e2e.wires import RefusingProxy
from tests.seance_table import Meeting, an_open_seance

OG, ARS, CD = "og.dg@handicap.example", "ars.resp@handicap.example", "cd.chef@handicap.example"
AT_THE_WALL = "ars.insp@handicap.example"
# What browsers say of a network that is gone and of a server that is dead.
OF_THE_NETWORK = re.compile("WebSocket|ERR_|socket.io|Response Status|sendError|htmx")
TITLE = "Co-rédaction 3 : données et modulation"
FULL_HD = {"width": 1920, "height": 1080}
PHONE = {"width": 360, "height": 760}


def test_three_parties_and_a_projector_from_planning_to_the_approved_releve(enter: Enter, tmp_path: Path) -> None:
    og, ars, cd = enter(OG), enter(ARS), enter(CD, viewport=PHONE)
    wall = enter(AT_THE_WALL, viewport=FULL_HD)

    # Planned: clauses on the agenda, put in order by drag or by keyboard.
    plan(og)
    for code in ("EN03", "EN11"):
        og.page.locator(".offered label", has_text=code).click()
    og.page.get_by_label("Minutes pour chacune").fill("20")
    og.page.get_by_role("button", name="Ajouter à l’ordre du jour").click()
    expect(og.page.locator(".agenda-build > li", has_text="EN03")).to_be_focused()
    first, second = (og.page.locator(".agenda-build > li").nth(place) for place in (0, 1))
    second.drag_to(first, target_position={"x": 40, "y": 4})
    expect(first).to_contain_text("EN11")
    expect(first).to_be_focused()
    down, up = (og.page.get_by_role("button", name=re.compile(f"^{way} EN11")) for way in ("Descendre", "Monter"))
    down.press("Enter")
    expect(second).to_contain_text("EN11")
    expect(up).to_be_focused()
    og.page.keyboard.press("Enter")
    expect(first).to_contain_text("EN11")
    expect(down).to_be_focused()
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
    expect(wall.page.locator(".ProseMirror")).to_contain_text("trente jours avant la réunion.")
    og.clause.get_by_label("Valeur").fill("30")
    og.propose_the_draft(common="yes")
    expect(og.page.locator("#bandeau")).to_be_visible()
    expect(wall.page.locator(".top")).to_contain_text("version 1 de la table commune")
    assert wall.page.evaluate(SMALLEST_LETTERS) >= 24, "2.5 cm on a screen two metres wide"
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

    # What is said reaches everybody; the phone has it in a pane of its own.
    og.page.get_by_label("Votre message").fill("Nous répondons dimanche.")
    og.page.get_by_role("button", name="Envoyer", exact=True).click()
    to_the_pane(cd, "Discussion")
    expect(cd.page.locator("#messages")).to_contain_text("Nous répondons dimanche.")
    expect_accessible(og, cd, wall)

    # Closed, it has its relevé: one party asks a correction, another makes it, all approve.
    a_minute_passes(og.server)
    og.page.get_by_role("button", name="Clore la séance").click()
    og.expect_told("et son relevé de décisions établi")
    expect(ars.page.get_by_role("alert")).to_contain_text("La séance est close.")
    ars.page.get_by_role("link", name="Voir ce qui a été décidé").click()
    expect(ars.page.locator("main")).to_contain_text("Nous répondons dimanche.")
    for somebody in (og, ars, cd):
        somebody.page.goto(f"{address}/releve")
    expect(og.page.locator(".ba")).to_contain_text(["trente jours avant la réunion."])
    ars.page.locator("summary", has_text="Demander une correction").click()
    ars.page.get_by_label("Quel passage").select_option(label="Séance et présents")
    ars.page.get_by_label("Ce qui est à corriger").fill("Notre DAF était excusé.")
    ars.page.get_by_role("button", name="Demander la correction").click()
    expect(og.page.locator("#approbation + ol")).to_contain_text("Notre DAF était excusé.")
    passage = og.page.locator("section.part", has=og.page.get_by_role("heading", name="Séance et présents"))
    passage.get_by_role("link", name="Corriger").click()
    form = og.open_form("Contre-proposer")
    text = form.get_by_label("Texte proposé")
    text.fill(f"{text.input_value()}\n\nExcusé : le DAF de l’ARS.")
    form.get_by_label("Motif").fill("À la demande de l’ARS.")
    form.get_by_role("button", name="Envoyer la contre-proposition").click()
    og.expect_told("Votre contre-proposition est partie")
    og.page.goto(f"{address}/releve")
    expect(ars.page.locator("#releve")).to_contain_text("Excusé : le DAF de l’ARS.")
    expect_accessible(ars, cd)
    for number, somebody in enumerate((ars, og), start=1):
        somebody.page.get_by_role("button", name=re.compile("^Approuver au nom")).click()
        expect(cd.page.locator(".phone-bar")).to_contain_text(f"Approuvé par {number} sur 3")
    cd.page.locator(".phone-bar").get_by_role("button", name="Approuver").click()
    cd.expect_told("le relevé est figé")
    expect(og.page.locator("#releve-compte")).to_contain_text("Approuvé par toutes les parties")
    with og.page.expect_download() as downloaded:
        og.page.get_by_role("link", name="Relevé approuvé (PDF)").click()
    downloaded.value.save_as(tmp_path / "releve.pdf")
    assert (tmp_path / "releve.pdf").read_bytes().startswith(b"%PDF-")
    expect_accessible(og)


def test_a_seance_goes_on_through_bad_networks_and_a_dead_server(enter: Enter, served: RunningServer) -> None:
    meeting = a_meeting_about(table_of(served), "en13", "en14")
    address = f"/negociations/{meeting.table.id}/seances/{meeting.id}"
    proxy = RefusingProxy(served.port)
    og, ars = enter(OG), enter(ARS)
    cd, wall = enter(CD, viewport=PHONE, proxy=proxy.settings), enter(AT_THE_WALL, viewport=FULL_HD)
    everybody = (og, ars, cd, wall)
    ears = {somebody: Ears.of(somebody) for somebody in everybody}
    for somebody in (og, ars, cd):
        somebody.page.goto(address)
    wall.page.goto(f"{address}/projection")
    for somebody in (og, ars):
        expect(somebody.live_text).to_be_visible()

    # Each inside has its own words; what the authorities say to each other, the third party never gets.
    own_words = "Ne cédons pas sur la réserve."
    to_the_channel(og, "Orlinde, en interne")
    say(og, own_words, "Envoyer en interne", field="#message-ours")
    among = "Tenons-nous à la doctrine."
    to_the_channel(ars, "Entre autorités")
    say(ars, among, "Envoyer aux autorités", field="#message-authorities")
    ars.page.wait_for_timeout(1_000)  # within one second, what fewer people read counts as said last
    for somebody, words in ((og, "Commençons."), (ars, "Oui.")):
        to_the_channel(somebody, "Toutes les parties")
        say(somebody, words)
        somebody.page.get_by_role("button", name="Oui, envoyer à toutes les parties").click()
        expect(said(cd).last).to_have_text(words, timeout=LATE)
    whole = said(cd).all_text_contents()

    # On a phone behind a proxy that refuses WebSocket, by keys alone: what is led, said and decided is there.
    expect(cd.clause).to_contain_text("Sort des excédents")
    og.page.get_by_role("button", name=re.compile("^Point suivant")).click()
    expect(cd.clause).to_contain_text("Préavis", timeout=LATE)
    press(cd.page.locator("#decisions summary", has_text="Question"))
    cd.page.get_by_label("La question", exact=True).fill("Qui paie le préavis ?")
    press(cd.page.get_by_role("button", name="Noter la question"))
    expect(decisions(og)).to_contain_text("Qui paie le préavis")
    expect(cd.page.locator("#decisions .minute-list > li")).to_have_count(1, timeout=LATE)
    expect(cd.page.locator("#decisions summary", has_text="Question")).to_be_focused()
    to_the_pane(cd, "Discussion")
    say(cd, "Dit depuis le train.")
    whole += ["Dit depuis le train."]
    for somebody in (og, ars):
        expect(said(somebody)).to_have_text(whole)

    # From the last decision to the words to say, and to each place of the screen, in a key or two.
    last = decisions(og).get_by_role("button", name="Annuler")
    expect(last).to_be_enabled()
    # What just came has its place in the order of the keyboard, and does nothing before it can have been read.
    og.page.evaluate(NOBODY_READS)
    og.page.evaluate(COMES_ANEW, meeting.id)
    expect(last).to_have_attribute("aria-disabled", "true")
    press(last)
    expect(og.page.locator("#annonces")).to_contain_text("rien n’est parti")
    expect(last).to_be_focused()
    og.page.evaluate("read()")
    expect(last).to_be_enabled()
    for key, place in (("F6", "#message-shared"), ("F6", "#ordre-du-jour"), ("Shift+F6", "#message-shared")):
        og.page.keyboard.press(key)
        expect(og.page.locator(place)).to_be_focused()
    og.page.keyboard.press("Shift+F6")
    expect(og.page.locator("#decisions-titre")).to_be_focused()
    og.page.keyboard.press("Shift+F6")
    expect(og.page.locator("#clause-en-seance h2")).to_be_focused()
    way = og.page.get_by_role("navigation", name="La séance").get_by_role("link", name="Discussion")
    press(way)
    expect(og.page.locator("#message-shared")).to_be_focused()

    # Away for a while: what was missed is there, in order, each once, and what was typed meanwhile leaves.
    ars.page.context.set_offline(True)
    unsent = ["Écrit sans réseau.", "Deux.", "Trois.", "x " * 2_000]
    for words in unsent:
        say(ars, words)
    expect(ars.page.locator(".waiting-said")).to_contain_text("Et 1 de plus")
    expect(ars.page.locator("#message-shared")).to_be_in_viewport()
    for words in ("Un premier oubli.", "Un second oubli."):
        say(og, words)
    og.page.get_by_role("button", name="Renvoyer au COPIL").click()
    expect(decisions(og).locator("> li")).to_have_count(2)
    og.page.locator("summary", has_text="Ajouter un point").click()
    og.page.get_by_label("Intitulé").fill("Un point de plus")
    og.page.get_by_role("button", name="Ajouter ce point").click()
    press(og.page.get_by_role("button", name=re.compile("^Aborder : EN13")))
    expect(og.clause).to_contain_text("Sort des excédents")
    expect(og.page.locator(".agenda [aria-current=step]")).to_be_focused()
    ars.page.context.set_offline(False)
    expect(ars.clause).to_contain_text("Sort des excédents", timeout=LATE)
    whole += ["Un premier oubli.", "Un second oubli.", *unsent]
    for somebody in (og, ars, cd):
        expect(said(somebody)).to_have_text(whole, timeout=LATE)
        expect(decisions(somebody).locator("> li")).to_have_count(2, timeout=LATE)
        expect(somebody.page.locator("#deroule [data-point]", has_text="Un point de plus")).to_have_count(1)

    # The server dies in mid-séance: what was typed is kept, what was recorded is there once, and all goes on.
    og.write("Les excédents ")
    expect(ars.live_text).to_contain_text("Les excédents")
    og.expect_saved()
    ars.page.get_by_label("Votre message").fill("Pas encore envoyé.")
    served.kill()
    say(og, "Dit à un serveur mort.")
    og.live_text.click()
    og.page.keyboard.press("Control+End")
    og.page.keyboard.type("vont à la réserve.")
    served.start()
    a_minute_passes(served)
    whole += ["Dit à un serveur mort."]
    for somebody in (og, ars, wall):
        expect(somebody.page.locator(".ProseMirror")).to_have_text("Les excédents vont à la réserve.", timeout=LATE)
    expect(ars.page.get_by_label("Votre message")).to_have_value("Pas encore envoyé.")
    for somebody in (og, ars, cd):
        expect(said(somebody)).to_have_text(whole, timeout=LATE)
        expect(somebody.page.locator(".decision-bound")).to_have_count(2, timeout=LATE)
        expect(somebody.page.locator("#bandeau")).to_contain_text("Séance en cours")
    ars.page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(said(og)).to_have_text([*whole, "Pas encore envoyé."])

    assert proxy.refused
    assert not [somebody for somebody in (ars, cd, wall) if ears[somebody].heard(own_words)]
    assert not [somebody for somebody in (og, wall) if ears[somebody].heard(among)]
    assert ears[og].heard("Dit depuis le train.") and ears[og].heard(own_words)
    proxy.close()
    for somebody in everybody:
        somebody.complaints[:] = [told for told in somebody.complaints if not OF_THE_NETWORK.search(told)]


SMALLEST_LETTERS = """() => {
  const words = document.createTreeWalker(document.querySelector(".wall-in"), NodeFilter.SHOW_TEXT), sizes = [];
  while (words.nextNode()) {
    const holder = words.currentNode.parentElement;
    if (words.currentNode.data.trim() && !holder.closest(".vh, .letter"))
      sizes.push(parseFloat(getComputedStyle(holder).fontSize));
  }
  return Math.min(...sizes);
}"""
# The time to read what came goes on until `read()`.
NOBODY_READS = """() => {
  const later = window.setTimeout, held = [];
  window.setTimeout = (does, ms) => (ms === 800 ? held.push(does) : later(does, ms));
  window.read = () => { window.setTimeout = later; for (const does of held) does(); };
}"""
COMES_ANEW = """(seance) => document.dispatchEvent(
  new CustomEvent("navette:changed", { detail: { type: "decision.recorded", negotiation: "", seance } }))"""
LATE = 20_000
"""Milliseconds: a page that was cut off tries again every five seconds."""


@dataclass
class Ears:
    """Whatever came to a browser: pages, pieces, what its sockets heard."""

    somebody: Somebody
    frames: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    @classmethod
    def of(cls, somebody: Somebody) -> "Ears":
        ears = cls(somebody)
        somebody.page.on("websocket", lambda socket: ears._listen(socket))
        somebody.page.on("response", lambda answer: ears.answers.append(answer))
        return ears

    def heard(self, words: str) -> bool:
        found = [*self.frames, self.somebody.page.content(), *self._bodies()]
        return any(words in one for one in found)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.frames.append(str(frame)))

    def _bodies(self) -> Iterable[str]:
        """Those that the browser still has."""
        for answer in self.answers:
            if "/static/" not in answer.url:
                with suppress(Error):
                    yield answer.text()


def a_meeting_about(table: Table, *clauses: str) -> Meeting:
    """Open, the first clause under discussion, the gestionnaire in the chair."""
    chair = table.og.dg
    meeting = an_open_seance(table, chair, title="Sort des excédents et préavis")
    with table.store.unit_of_work() as uow:
        items = [Item(clause_id=table.clause_id(clause), minutes=20) for clause in clauses]
        point_at(uow, chair.actor, meeting.id, add_points(uow, chair.actor, meeting.id, items)[0])
    return meeting


def plan(chair: Somebody) -> None:
    chair.open_table("CPOM")
    chair.page.get_by_role("link", name="Séances").click()
    chair.page.get_by_role("link", name="Prévoir une séance").click()
    chair.page.get_by_label("Titre").fill(TITLE)
    chair.page.get_by_label("Jour").fill("2026-07-16")
    chair.page.get_by_label("Début").fill("14:00")
    chair.page.get_by_role("button", name="Prévoir la séance").click()
    chair.expect_told("La séance est prévue")


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
