"""What has changed since the text on the table, drawn live while two parties write, and nothing of it in the text."""

import re
from datetime import timedelta

from playwright.sync_api import Locator, Route, expect

from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import SHARED
from negotiation.services.drafting import drafted_texts
from negotiation.store.columns import now
from negotiation.store.queries.instance import tables_of_instance
from tests.builders import Table
from tests.e2e.conftest import Enter
from tests.e2e.people import Somebody
from tests.e2e.serving import RunningServer
from tests.e2e.test_layout import AXE, COLOURS, VIOLATIONS
from tests.membership import adds

OG, ARS, EVALUATOR = "og.dg@handicap.example", "ars.resp@handicap.example", "delta@cabinet.example"
CLAUSE = "EN06"
LETTERS = """marks => marks.map(mark => {
  const { display, content } = getComputedStyle(mark, "::after");
  return display === "none" ? display : content;
})"""
COPIED = """text => {
  const data = new DataTransfer();
  text.dispatchEvent(new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true }));
  return data.getData("text/plain");
}"""


def test_each_sees_live_who_added_what_goes_from_change_to_change_and_takes_one_back(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    for somebody in (og, ars):
        somebody.open_clause(CLAUSE, "table-commune")
        expect(changes(somebody)).to_have_text("Aucun changement")
    start = og.live_text.inner_text()

    # What either types is underlined under its letter on both screens; what goes is struck.
    og.write(" La fondation en tient le registre.")
    ars.live_text.click()
    ars.page.keyboard.press("Control+Home")
    ars.page.keyboard.press("Control+Shift+ArrowRight")
    ars.page.keyboard.type("Chaque")
    for somebody in (og, ars):
        expect(changes(somebody)).to_have_text("2\u00a0changements")
        expect(marks(somebody, "g")).to_have_text(["La fondation en tient le registre."])
        expect(marks(somebody, "a")).to_have_text(["Chaque"])
        expect(marks(somebody, "a")).to_have_attribute("data-letter", "A")
        expect(somebody.live_text.locator("del")).to_have_attribute("data-words", "La")
    og.picture("changements")
    og.page.evaluate(AXE.read_text(encoding="utf-8"))
    for colours in COLOURS:
        og.page.emulate_media(color_scheme=colours)
        assert og.page.evaluate(VIOLATIONS) == []

    # What a search finds cuts a mark in two, not its letter.
    og.page.keyboard.press("Control+f")
    og.page.keyboard.type("registre")
    expect(marks(og, "g")).to_have_count(3)
    assert marks(og, "g").evaluate_all(LETTERS) == ["none", "none", '"G"']
    og.page.keyboard.press("Escape")

    # From change to change by keyboard, in words; the text itself says what was inserted, and no word that is gone.
    expect(spoken(og)).to_have_role("status")
    heard = og.live_text.aria_snapshot()
    assert "insertion: La fondation en tient le registre." in heard.replace("\u00a0", " ")
    assert re.search(r"insertion: Chaque\b", heard)
    assert re.search(r"deletion|\bLa MAS|: La\b(?! fondation)", heard) is None
    og.page.keyboard.press("F8")
    expect(spoken(og)).to_contain_text("Changement 1 sur 2. Remplacement (ARS)\u00a0: «\u00a0La\u00a0» devient")
    og.page.keyboard.press("F8")
    expect(spoken(og)).to_contain_text("Changement 2 sur 2. Ajout de 6\u00a0mots (Orlinde)\u00a0: «\u00a0La fondation")
    og.page.keyboard.press("Shift+F8")
    expect(spoken(og)).to_contain_text("Changement 1 sur 2")

    # One of them is taken back, as one edit that can be undone.
    og.clause.get_by_role("button", name="Rétablir ce passage").click()
    expect(spoken(og)).to_contain_text("Rétabli. Il reste 1 changement.")
    for somebody in (og, ars):
        expect(changes(somebody)).to_have_text("1\u00a0changement")
        expect(somebody.live_text).to_contain_text(start)
    og.live_text.click()
    og.page.keyboard.press("Control+z")
    expect(changes(og)).to_have_text("2\u00a0changements")
    expect(og.live_text).to_contain_text("Chaque MAS")

    # The marks are no part of the text: not of a copy, not of what is stored.
    og.page.keyboard.press("Control+a")
    words = f"Chaque {start.removeprefix('La ')} La fondation en tient le registre."
    assert og.live_text.evaluate(COPIED) == words
    og.expect_saved()
    assert stored(og) == words

    # Another text is put on the table: the comparison follows, and what each chose stays.
    og.clause.get_by_role("button", name="Montrer les changements").click()
    expect(og.live_text.locator("ins, del")).to_have_count(0)
    ars.open_tab("proposition")
    ars.counter(words, "C’est ce que nous avons écrit.", value="4")
    ars.expect_told("Votre contre-proposition est partie")
    og.page.reload()
    expect(changes(og)).to_have_text("Montrer les changements")
    changes(og).click()
    expect(og.clause.get_by_label("Changements depuis")).to_contain_text("depuis la version 4")
    expect(changes(og)).to_have_text("Aucun changement")


def test_changes_are_told_since_the_agreed_text_or_since_the_one_on_the_table(enter: Enter) -> None:
    og = enter(OG)
    table = the_table(og.server)
    agreed = "La fondation ouvre dix places.\n\nElle tient un registre."
    others = (table.ars.resp, table.cd.chef)
    table.og.dg.propose("en03", agreed)
    for other in others:
        other.accept("en03")
    table.og.dg.reopen("en03", "Le nombre change.")
    for other in others:
        other.consent("en03")
    table.og.dg.propose("en03", agreed.replace("dix", "douze"))

    og.open_clause("EN03", "table-commune")
    since = og.clause.get_by_label("Changements depuis")
    expect(since.locator("option")).to_have_text(["depuis le texte accordé", re.compile("^depuis la version")])
    og.write(" Il est public.")
    expect(changes(og)).to_have_text("2\u00a0changements")
    since.select_option("tabled")
    expect(changes(og)).to_have_text("1\u00a0changement")
    since.select_option("agreed")
    expect(changes(og)).to_have_text("2\u00a0changements")
    og.clause.get_by_role("button", name="Changement suivant").click()
    expect(spoken(og)).to_contain_text("Changement 1 sur 2")
    og.clause.get_by_role("button", name="Changement précédent").click()
    expect(spoken(og)).to_contain_text("Changement 2 sur 2. Ajout de 3\u00a0mots")
    og.clause.get_by_role("button", name="Changement suivant").click()
    og.clause.get_by_role("button", name="Rétablir ce passage").click()
    expect(spoken(og)).to_contain_text("Rétabli. Il reste 1 changement.")
    expect(og.live_text).to_contain_text("dix places")
    since.select_option("tabled")
    expect(changes(og)).to_have_text("2\u00a0changements")


def test_who_may_only_read_follows_the_text_and_its_value_live_and_types_nothing(enter: Enter) -> None:
    og = enter(OG)
    delta = enter(an_evaluator(og.server))
    for somebody in (delta, og):
        somebody.open_clause("EN10", "table-commune")
    expect(delta.clause.locator(".saved")).to_have_text(
        "Vous lisez ce texte en direct\u00a0; vous ne pouvez pas y écrire."
    )
    og.write(" Elle en tient le registre.")
    expect(marks(delta, "g")).to_have_text(["Elle en tient le registre."])
    expect(delta.clause.locator(".live-people")).to_contain_text("Orlinde, Directeur général")
    expect(og.clause.locator(".live-people")).to_contain_text("Delta, Évaluatrice")
    og.clause.get_by_label("Valeur").fill("26500")
    expect(delta.clause.get_by_label("Valeur, en euros")).to_have_value("26500")
    expect(delta.clause.get_by_label("Valeur, en euros")).to_be_disabled()

    # The keyboard reaches the text, goes from change to change, searches, leaves; it writes nothing.
    delta.live_text.focus()
    expect(delta.live_text).to_have_attribute("aria-readonly", "true")
    delta.page.keyboard.type("en douce")
    delta.page.keyboard.press("F8")
    expect(spoken(delta)).to_contain_text("Changement 1 sur 1. Ajout de 5\u00a0mots (Orlinde)")
    delta.page.keyboard.press("Control+f")
    delta.page.keyboard.type("registre")
    expect(delta.clause.locator(".find-count")).to_have_text("1 sur 1")
    delta.page.keyboard.press("Escape")
    expect(delta.live_text).to_be_focused()
    delta.page.keyboard.press("Tab")
    expect(delta.live_text).not_to_be_focused()
    expect(delta.clause.get_by_role("button", name=re.compile("^(Gras|Annuler)"))).to_have_count(0)
    expect(og.live_text.locator(".caret")).to_have_count(0)
    og.expect_saved()
    assert "en douce" not in stored(og)
    delta.page.evaluate(AXE.read_text(encoding="utf-8"))
    assert delta.page.evaluate(VIOLATIONS) == []


def test_commented_words_are_underlined_while_they_are_written_for_those_who_read_the_comment(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    for somebody in (og, ars):
        somebody.open_clause("EN12", "table-commune")
    og.write(" Le bilan est public. La réserve reste entre nous.")
    og.expect_saved()
    comment_on(og, "Le bilan est public.", "Lequel ?", readers="Écrire à toutes les parties")
    expect(anchors(og)).to_have_text(["Le bilan est public."])
    comment_on(og, "entre nous", "À taire.", readers="Écrire en interne")
    expect(anchors(og)).to_have_text(["Le bilan est public.", "entre nous"])
    expect(og.live_text.locator(".private-anchor")).to_have_text("entre nous")

    # The other party sees the one, without a reload, follows it through edits, and learns nothing of the other.
    expect(anchors(ars)).to_have_text(["Le bilan est public."])
    og.live_text.click()
    og.page.keyboard.press("Control+Home")
    og.page.keyboard.type("D’abord. ")
    for _ in range(3):
        og.page.keyboard.press("Enter")
    for somebody in (og, ars):
        expect(anchors(somebody).first).to_have_text("Le bilan est public.")
    expect(ars.live_text.locator(".anchor-link")).to_have_count(1)
    assert "entre nous" not in ars.rail.inner_text()

    # The number leads to what was said; by keyboard too, and back.
    thread = ars.rail.locator(".thread", has_text="Lequel ?")
    ars.live_text.locator(".anchor-link").click()
    expect(thread).to_be_focused()
    ars.page.keyboard.press("Escape")
    expect(ars.live_text).to_be_focused()
    ars.page.keyboard.press("F9")
    expect(spoken(ars)).to_contain_text("sur «\u00a0Le bilan est public.\u00a0»")
    ars.page.keyboard.press("Control+F9")
    expect(thread).to_be_focused()

    # Words that go take their mark with them and bring it back; nothing of it is in the text.
    expect(og.live_text).to_contain_text("La réserve reste entre nous")
    og.page.keyboard.press("Control+a")
    assert str(og.live_text.evaluate(COPIED)).endswith("Le bilan est public. La réserve reste entre nous.")
    og.page.keyboard.press("Delete")
    expect(anchors(og)).to_have_count(0)
    og.page.keyboard.press("Control+z")
    expect(anchors(og)).to_have_text(["Le bilan est public.", "entre nous"])
    ars.page.evaluate(AXE.read_text(encoding="utf-8"))
    assert ars.page.evaluate(VIOLATIONS) == []


def test_a_click_on_a_text_that_is_still_opening_is_remembered(enter: Enter) -> None:
    og = enter(OG)
    held: list[Route] = []
    og.page.route(re.compile(r"/main-\w+\.js"), lambda asked: held.append(asked))
    og.open_clause("EN14", "table-commune")
    og.clause.locator(".live-text").click()
    held[0].continue_()
    expect(og.live_text).to_be_focused()
    og.page.keyboard.type("Tout de suite. ")
    og.expect_saved()
    assert "Tout de suite." in stored(og)


def an_evaluator(server: RunningServer) -> str:
    """Sits at the open table, reads what all parties share; her address."""
    seat = {
        "short_name": "Delta",
        "title": "Évaluatrice",
        "ends_on": (paris_day(now()) + timedelta(days=90)).isoformat(),
    }
    adds(the_table(server).og.dg, "EVALUATEUR", email=EVALUATOR, **seat)
    return EVALUATOR


def the_table(server: RunningServer) -> Table:
    with server.store.reading() as session:
        (found,) = (each for each in tables_of_instance(session) if each.key == "handicap")
    return Table(server.store, found.id)


def comment_on(somebody: Somebody, words: str, text: str, *, readers: str) -> None:
    """On words of the live text, found as one finds them, then selected."""
    somebody.live_text.click()
    somebody.page.keyboard.press("Control+f")
    somebody.page.keyboard.type(words)
    somebody.page.keyboard.press("Escape")
    box = somebody.rail.locator("details.write").filter(has_text=readers)
    box.locator("> summary").evaluate("summary => summary.parentElement.open = true")
    somebody.page.get_by_role("button", name="Commenter ce passage").click()
    # What others do meanwhile doesn't take the passage out of the form.
    somebody.page.evaluate(CLAUSE_CHANGED)
    expect(somebody.rail.locator(".refresh-offer")).to_be_visible()
    box.get_by_label("Votre commentaire").fill(text)
    box.get_by_role("button", name=re.compile("^(Envoyer|Commenter|Écrire)")).click()
    somebody.expect_comment(text)


CLAUSE_CHANGED = """() => {
  const clause = document.getElementById("marge").dataset.refreshOn.split(":")[1];
  const detail = { type: "comment.written", negotiation: "", clause };
  document.dispatchEvent(new CustomEvent("navette:changed", { detail }));
}"""


def anchors(somebody: Somebody) -> Locator:
    return somebody.live_text.locator(".anchor")


def changes(somebody: Somebody) -> Locator:
    return somebody.clause.get_by_role("button", name=re.compile("^Montrer les changements"))


def marks(somebody: Somebody, party: str) -> Locator:
    return somebody.live_text.locator(f"ins[data-party={party}]")


def spoken(somebody: Somebody) -> Locator:
    return somebody.page.locator("#annonces")


def stored(somebody: Somebody) -> str:
    part_id = somebody.clause.locator(".live-draft").get_attribute("data-draft-part")
    clause_id = somebody.clause.locator(".live-draft").get_attribute("data-clause")
    with somebody.server.store.reading() as session:
        return drafted_texts(session, str(part_id), circle=SHARED)[str(clause_id)]
