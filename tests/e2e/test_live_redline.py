"""What has changed since the text on the table, drawn live while two parties write, and nothing of it in the text."""

import re

from playwright.sync_api import Locator, Route, expect
from sqlmodel import col, select

from negotiation.rules.vocabulary import SHARED, Right
from negotiation.services.drafting import drafted_texts
from negotiation.store.people import Member, Person
from tests.e2e.conftest import Enter
from tests.e2e.people import Somebody
from tests.e2e.test_layout import AXE, COLOURS, VIOLATIONS

OG, ARS, CD = "og.dg@handicap.example", "ars.resp@handicap.example", "cd.chef@handicap.example"
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


def test_who_may_only_read_follows_the_text_and_its_value_live_and_types_nothing(enter: Enter) -> None:
    og, cd = enter(OG), enter(CD)
    only_reads(cd)
    for somebody in (cd, og):
        somebody.open_clause("EN10", "table-commune")
    expect(cd.clause.locator(".saved")).to_have_text(
        "Vous lisez ce texte en direct\u00a0; vous ne pouvez pas y écrire."
    )
    og.write(" Elle en tient le registre.")
    expect(marks(cd, "g")).to_have_text(["Elle en tient le registre."])
    expect(cd.clause.locator(".live-people")).to_contain_text("Orlinde, Directeur général")
    expect(og.clause.locator(".live-people")).to_contain_text("Département, Chef du service")
    og.clause.get_by_label("Valeur").fill("26500")
    expect(cd.clause.get_by_label("Valeur, en euros")).to_have_value("26500")
    expect(cd.clause.get_by_label("Valeur, en euros")).to_be_disabled()

    # The keyboard reaches the text, goes from change to change, searches, leaves; it writes nothing.
    cd.live_text.focus()
    expect(cd.live_text).to_have_attribute("aria-readonly", "true")
    cd.page.keyboard.type("en douce")
    cd.page.keyboard.press("F8")
    expect(spoken(cd)).to_contain_text("Changement 1 sur 1. Ajout de 5\u00a0mots (Orlinde)")
    cd.page.keyboard.press("Control+f")
    cd.page.keyboard.type("registre")
    expect(cd.clause.locator(".find-count")).to_have_text("1 sur 1")
    cd.page.keyboard.press("Escape")
    expect(cd.live_text).to_be_focused()
    cd.page.keyboard.press("Tab")
    expect(cd.live_text).not_to_be_focused()
    expect(cd.clause.get_by_role("button", name=re.compile("^(Gras|Annuler)"))).to_have_count(0)
    expect(og.live_text.locator(".caret")).to_have_count(0)
    og.expect_saved()
    assert "en douce" not in stored(og)
    cd.page.evaluate(AXE.read_text(encoding="utf-8"))
    assert cd.page.evaluate(VIOLATIONS) == []


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


def only_reads(somebody: Somebody) -> None:
    """At every table where this person of the département sits."""
    with somebody.server.store.unit_of_work() as uow:
        query = select(Member).join(Person, col(Person.id) == col(Member.person_id)).where(col(Person.email) == CD)
        for member in uow.session.execute(query).scalars():
            member.rights = [Right.LECTEUR]


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
