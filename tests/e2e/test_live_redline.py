"""What has changed since the text on the table, drawn live while two parties write, and nothing of it in the text."""

import re

from playwright.sync_api import Locator, expect

from negotiation.rules.vocabulary import SHARED
from negotiation.services.drafting import drafted_texts
from tests.e2e.conftest import Enter
from tests.e2e.people import Somebody
from tests.e2e.test_layout import AXE, COLOURS, VIOLATIONS

OG, ARS = "og.dg@handicap.example", "ars.resp@handicap.example"
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

    # From change to change by keyboard, in words.
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
