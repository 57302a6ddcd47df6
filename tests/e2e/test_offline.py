"""What becomes of words typed without a network, or over a bad one: stored, or given back to their author."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from negotiation.events import Event, Kind
from negotiation.rules.vocabulary import SHARED, Right
from negotiation.services.leaving import remove
from negotiation.services.members import Seat, change
from negotiation.store import Announcing
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.queries.instance import tables_of_instance
from tests.builders import Person, Table
from tests.e2e.conftest import Enter
from tests.e2e.monkey import stored, stored_text
from tests.e2e.people import Somebody
from tests.e2e.serving import RunningServer
from tests.e2e.wires import Wire

# No browser writes this.
CRASH = Path(__file__).resolve().parents[1] / "drafting_crashes" / "too_deep--nested_33_quotes.hex"
OG, HR, ARS = "og.dg@handicap.example", "og.rh@handicap.example", "ars.resp@handicap.example"
# What is said of a network that is gone, and of a piece of a page that its reader may no longer read.
OF_THE_NETWORK = re.compile("ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket|Response Status Error Code 404|HTMLElement")


def test_a_lid_shut_in_the_train_keeps_what_was_typed_and_gives_back_what_a_merge_swallowed(
    enter: Enter, served: RunningServer
) -> None:
    director, ars = enter(HR), enter(ARS)
    for somebody in (director, ars):
        somebody.open_clause("EN14", "table-commune")
    ars.write("Le préavis est de six mois.")
    expect(director.live_text).to_contain_text("six mois.")
    go_offline(director)
    director.write(" Il court dès la lettre.")
    director.page.keyboard.press("Enter")
    director.page.keyboard.type("Un second alinéa.")
    expect(director.clause.locator(".saved")).to_have_text(re.compile(r"^Hors ligne\s: \d+\smodifications gardées"))

    # Meanwhile the paragraph becomes a title, which is another paragraph to who merges both; and the session ends.
    ars.page.keyboard.press("Control+Alt+2")
    ars.expect_saved()
    address = director.page.url
    director.page.close()
    end_sessions(table_of(served).og.rh)
    director = director.another_tab()
    director.page.context.set_offline(False)
    director.sign_in(HR)
    director.page.goto(address)
    for somebody in (director, ars):
        expect(somebody.live_text.locator("p")).to_have_text(["Un second alinéa."])
        expect(somebody.live_text.locator("h2")).to_have_text("Le préavis est de six mois.")
    director.expect_saved()
    expect_given_back(director, "Il court dès la lettre.", "Ces mots ont disparu du texte commun")

    # Whoever signs in next on the same computer, a colleague included, doesn't see them.
    for email, count in ((OG, 0), (HR, 1)):
        director.leave()
        director.sign_in(email)
        director.page.goto(address)
        expect(director.live_text).to_contain_text("Un second alinéa.")
        expect(kept(director)).to_have_count(count)
    director.clause.get_by_role("button", name="Supprimer", exact=True).click()
    director.page.reload()
    expect(director.live_text).to_contain_text("Un second alinéa.")
    expect(kept(director)).to_have_count(0)
    forget_the_network(director, ars)


def test_a_clause_agreed_meanwhile_keeps_back_its_own_words_alone(enter: Enter, served: RunningServer) -> None:
    table, director = table_of(served), enter(OG)
    other = director.another_tab()
    director.page.goto(f"/clauses/{table.clause_id('en14')}/table-commune")
    other.page.goto(f"/clauses/{table.clause_id('k17.markdown')}/table-commune")
    expect(other.live_text).to_be_visible()
    go_offline(director)
    director.write(" Avant l’accord.")
    other.write(" Dans l’autre clause.")
    agree(table, "Le préavis convenu.", "en14")
    address = director.page.url
    director.page.close()
    director = other.another_tab()
    other.page.close()
    come_back(director)
    director.page.goto(address)
    expect_given_back(director, "Avant l’accord.", "Cette clause est accordée")
    expect(kept(director)).to_have_count(1)
    director.page.goto(f"/clauses/{table.clause_id('k17.markdown')}/table-commune")
    expect(director.live_text).to_contain_text("Dans l’autre clause.")
    director.expect_saved()
    assert "Dans l’autre clause." in stored_text(director)
    forget_the_network(director)


def test_a_value_that_two_changed_is_given_back_to_who_was_away(enter: Enter) -> None:
    director, ars = enter(OG), enter(ARS)
    for somebody in (director, ars):
        somebody.open_clause("EN06", "table-commune")
        expect(value_of(somebody)).to_have_value("4")

    # On the open page, then after a lid was shut: whose number the merge would take doesn't matter.
    for away, there in (("6", "5"), ("7", "8"), ("9", "10")):
        go_offline(director)
        value_of(director).fill(away)
        expect(director.clause.locator(".saved")).to_have_text(re.compile(r"^Hors ligne\s: 1\s"))
        value_of(ars).fill(there)
        expect_stored_value(ars, there)
        if away == "9":
            address = director.page.url
            director.page.close()
            director = director.another_tab()
            come_back(director)
            director.page.goto(address)
        else:
            come_back(director)
        expect_given_back(director, away, f"«\u00a0{there}\u00a0» est en place, la vôtre n’y est pas")
        director.expect_saved()
        for somebody in (director, ars):
            expect(value_of(somebody)).to_have_value(there)
    panel = kept(director).filter(has_text="«\u00a010\u00a0» est en place")
    panel.get_by_role("button", name="Remettre ma valeur").click()
    expect(value_of(ars)).to_have_value("9")
    expect(kept(director)).to_have_count(2)
    forget_the_network(director, ars)


def test_what_a_wire_loses_changes_or_cuts_is_noticed_and_mended(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    wire = Wire(og)
    og.page.clock.install()

    # The draft is late: a value typed meanwhile is given to it once it has come.
    wire.once("sent", "open_draft", lambda frame: None)
    for somebody in (og, ars):
        somebody.open_clause("EN05", "table-commune")
    expect(ars.live_text).to_be_visible()
    expect(og.clause.locator(".live-draft[aria-busy=true]")).to_be_visible()
    value_of(og).fill("2")
    og.page.clock.fast_forward(13_000)
    expect(value_of(ars)).to_have_value("2")
    expect(value_of(og)).to_have_value("2")
    expect(og.live_text).to_be_visible()
    start = ars.live_text.inner_text()

    # A message lost: the next one tells that it is missing.
    wire.once("heard", "draft_updated", lambda frame: None)
    ars.write(" Un")
    ars.expect_saved()
    ars.page.keyboard.type(" deux.")
    expect(og.live_text).to_have_text(f"{start} Un deux.")

    # A message emptied on its way: nothing is missing, and the sums of the texts differ.
    wire.once("heard", "draft_updated", lambda frame: re.sub('"update":"[^"]*"', '"update":"AAA="', frame))
    ars.page.keyboard.insert_text(" Trois.")
    ars.expect_saved()
    expect(og.live_text).to_have_text(f"{start} Un deux.")
    og.page.clock.fast_forward(11_000)
    expect(og.live_text).to_have_text(f"{start} Un deux. Trois.")

    # An update that the server refuses: its words are shown to be copied, and the writing goes on from what is stored.
    crash = b64encode(bytes.fromhex(CRASH.read_text())).decode()

    def forged(frame: str) -> str:
        sent = re.search('"update":"([^"]*)"', frame)
        is_it = sent is not None and "Refusé.".encode() in b64decode(sent[1])
        return re.sub('"update":"[^"]*"', f'"update":"{crash}"', frame) if is_it else frame

    # Each time: the connection may take itself for cut meanwhile, since its clock was moved too, and send it again.
    wire.sent = forged
    og.insert(" Refusé.")
    expect_given_back(og, "Refusé.", "Cette modification n’a pas été acceptée")
    wire.sent = str
    expect(og.live_text).to_have_text(f"{start} Un deux. Trois.")
    og.write(" Quatre.")
    expect(ars.live_text).to_have_text(f"{start} Un deux. Trois. Quatre.")

    # Words typed in a paragraph that has become a title meanwhile: both are stored, and the merge swallows the words.
    wire.once("heard", "draft_updated", lambda frame: None)
    ars.live_text.click()
    ars.page.keyboard.press("Control+Alt+2")
    og.page.keyboard.insert_text(" Englouti.")  # at once: comparing sums would bring the title in between
    expect_given_back(og, "Englouti.", "Ces mots ont disparu du texte commun")
    for somebody in (og, ars):
        expect(somebody.live_text.locator("h2")).to_have_text(f"{start} Un deux. Trois. Quatre.")

    # Sums that never agree, as of what an older browser undid: the server's text is taken once, then a sentence tells.
    wire.heard = lambda frame: frame.replace('"same":true', '"same":false')
    problem = og.clause.locator(".live-problem")
    let_sums_be_compared(og, until=problem.is_visible)
    expect(problem).to_contain_text("Vous pouvez continuer à écrire.")
    og.insert(" Bien.")
    expect(ars.live_text).to_contain_text("Quatre. Bien.")
    og.expect_saved()
    wire.heard = str
    let_sums_be_compared(og, until=problem.is_hidden)
    expect(problem).to_be_hidden()
    og.page.keyboard.press("Control+z")
    expect(ars.live_text).not_to_contain_text("Bien.")

    # The page is older than the server: it says so, and what it kept leaves from the next one.
    go_offline(og)
    og.write(" Cinq.")
    wire.once("sent", "open_draft", lambda frame: frame.replace('"schema":1', '"schema":0'))
    come_back(og)
    expect(problem).to_have_text("Cette page est plus ancienne que Navette\u00a0: rechargez-la.")
    expect(og.live_text).to_contain_text("Cinq.")
    og.page.reload()
    expect(ars.live_text).to_have_text(f"{start} Un deux. Trois. Quatre. Cinq.")
    og.expect_saved()

    # Another text is tabled: the comparison follows on the open page; started from there, the text changes live.
    compared = og.clause.get_by_label("Changements depuis")
    expect(compared).to_contain_text("depuis la version 3")
    ars.open_tab("proposition")
    ars.counter("Un texte plus court.", "Pour conclure.", value="12")
    ars.expect_told("Votre contre-proposition est partie")
    expect(compared).to_contain_text("depuis la version 4")
    ars.open_tab("table-commune")
    ars.clause.get_by_role("button", name="Repartir de la version 4").click()
    ars.expect_told("Le texte repart de la version déposée")
    expect(og.live_text).to_have_text("Un texte plus court.")
    og.write(" Et complété.")
    expect(ars.live_text).to_have_text("Un texte plus court. Et complété.")
    expect(kept(og)).to_have_count(2)
    forget_the_network(og, ars)


def test_words_that_come_too_late_are_given_back_and_enter_no_text(enter: Enter, served: RunningServer) -> None:
    """The last of these stories: it leaves the contract frozen."""
    table = table_of(served)
    director = enter(HR)
    director.open_clause("EN13", "table-commune")

    # Agreed meanwhile.
    go_offline(director)
    director.write("Avant l’accord.")
    agree(table, "Le texte convenu.")
    come_back(director)
    expect_given_back(director, "Avant l’accord.", "Cette clause est accordée")
    expect(director.clause.locator("[contenteditable=true]")).to_have_count(0)
    director.page.reload()
    expect(director.clause).to_contain_text("Cette clause est accordée")
    expect_given_back(director, "Avant l’accord.", "Cette clause est accordée")

    # Reopened meanwhile: the text has begun again without them.
    reopen(table)
    director.page.reload()
    expect(director.live_text).to_have_text("Le texte convenu.")
    go_offline(director)
    director.write(" Avant la réouverture.")
    agree(table, "L’autre texte convenu.")
    reopen(table)
    come_back(director)
    expect(director.live_text).to_have_text("L’autre texte convenu.")
    expect_given_back(director, "Le texte convenu. Avant la réouverture.", "repris à neuf pendant votre absence")
    director.write(" Après.")
    director.expect_saved()
    assert stored_text(director) == "L’autre texte convenu. Après."

    # A right taken away, given again, then the seat itself.
    go_offline(director)
    director.write(" Sans droit.")
    seat(table, Right.LECTEUR)
    come_back(director)
    expect_given_back(director, "Sans droit.", "Votre rôle à cette table ne permet pas ce geste.")
    expect(director.clause.locator("[contenteditable=true]")).to_have_count(0)
    seat(table, Right.REDACTEUR)
    director.page.reload()
    expect(director.live_text).to_have_text("L’autre texte convenu. Après.")
    go_offline(director)
    director.write(" Sans siège.")
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        remove(uow, table.og.dg.actor, table.og.rh.member.id)
    come_back(director)
    expect_given_back(director, "Sans siège.", "introuvable ou ne vous est pas ouvert")
    for address in (director.page.url, "/"):
        director.page.goto(address)
        director.page.reload()
        director.page.get_by_text("Vos mots gardés sur ce poste").click()
        expect_given_back(director, "Sans siège.", "introuvable ou ne vous est pas ouvert")

    # Frozen meanwhile.
    og = enter(OG)
    og.open_clause("EN13", "table-commune")
    go_offline(og)
    og.write(" Après le gel.")
    before = stored_text(og)
    freeze(table)
    come_back(og)
    expect_given_back(og, "Après le gel.", "Le contrat est figé")
    expect(og.clause.locator("[contenteditable=true]")).to_have_count(0)
    og.page.reload()
    expect(og.clause).to_contain_text("plus personne n’écrit ici")
    expect_given_back(og, "Après le gel.", "Le contrat est figé")
    assert stored_text(og) == before == "L’autre texte convenu. Après."
    forget_the_network(director, og)


def let_sums_be_compared(somebody: Somebody, *, until: Callable[[], bool]) -> None:
    """Some of it the connection may spend on believing that it was cut: its clock runs too."""
    for _ in range(12):
        somebody.page.clock.fast_forward(11_000)
        somebody.page.wait_for_timeout(300)
        if until():
            break


def go_offline(somebody: Somebody) -> None:
    expect(somebody.live_text).to_be_visible()
    somebody.page.context.set_offline(True)


def come_back(somebody: Somebody) -> None:
    somebody.page.context.set_offline(False)


def value_of(somebody: Somebody) -> Locator:
    return somebody.clause.locator("form.propose-draft [name=value]")


def kept(somebody: Somebody) -> Locator:
    return somebody.page.locator(".kept-text")


def expect_stored_value(somebody: Somebody, value: str) -> None:
    """« Enregistré » stays for a moment, so that a screen reader isn't told of each keystroke: the server is asked."""
    for _ in range(40):
        if stored(somebody).value == value:
            return
        somebody.page.wait_for_timeout(200)
    raise AssertionError(f"{value} isn't stored")


def expect_given_back(somebody: Somebody, words: str, why: str) -> None:
    panel = kept(somebody).filter(has_text=why).first
    expect(panel).to_be_visible()
    expect(panel.get_by_role("textbox")).to_have_value(re.compile(re.escape(words)))


def forget_the_network(*people: Somebody) -> None:
    for somebody in people:
        somebody.complaints[:] = [told for told in somebody.complaints if not OF_THE_NETWORK.search(told)]


def table_of(served: RunningServer) -> Table:
    with served.store.reading() as session:
        found = next(table for table in tables_of_instance(session) if table.key == "handicap")
    return Table(served.store, found.id)


def end_sessions(person: Person) -> None:
    with person.table.store.engine.begin() as connection:
        now = "UPDATE signin_session SET ended_at = datetime('now') WHERE person_id = ?"
        connection.exec_driver_sql(now, (person.person_id,))


def agree(table: Table, text: str, clause: str = "en13") -> None:
    table.og.dg.propose(clause, text)
    for authority in authorities(table, clause):
        authority.accept(clause)


def reopen(table: Table) -> None:
    table.og.dg.reopen("en13")
    for authority in authorities(table):
        authority.consent("en13")


def authorities(table: Table, clause: str = "en13") -> list[Person]:
    """Those who agree on the clause."""
    concerned = table.situation(clause).concerned
    return [person for person in (table.ars.resp, table.cd.chef) if person.member.party_id in concerned]


def seat(table: Table, right: Right) -> None:
    member = table.og.rh.member
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        change(uow, table.og.dg.actor, member.id, seat=Seat(member.title, (str(right),)))


def freeze(table: Table) -> None:
    """As the gel does for drafts, and in the history too: pages remember what no history changes."""
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        facts = {"party": "og", "content_hash": "0" * 64}
        uow.record(Event(Kind.FREEZE_REQUESTED, table.id, SHARED, table.og.dg.key, facts))
        uow.session.get_one(Negotiation, table.id).frozen_at = now()
