"""The editor itself: what is pasted, found and typed by keyboard, and the value beside the text."""

import re

from playwright.sync_api import Locator, expect
from sqlmodel import col, select

from negotiation.rules.vocabulary import ClauseState, ValueKind
from negotiation.store.contract import Clause
from negotiation.store.queries.instance import tables_of_instance
from tests.builders import Table
from tests.e2e.conftest import Enter
from tests.e2e.monkey import stored_text
from tests.e2e.people import CLIPBOARDS, DESK, Somebody

OG, ARS = "og.dg@handicap.example", "ars.resp@handicap.example"
PHONE = {"width": 360, "height": 400}
"""Half of its screen: the keys take the other."""
# Where the caret is drawn, the text is seen, and not the tools over it.
CARET_IS_SEEN = """text => {
  const { left, top, bottom } = getSelection().getRangeAt(0).getBoundingClientRect();
  return text.contains(document.elementFromPoint(left - 1, (top + bottom) / 2));
}"""
OUT_OF_REACH = """editor => [...editor.querySelectorAll("[role=toolbar] :is(button, select)")].filter(tool => {
  tool.scrollIntoView({ block: "nearest" });
  const { left, top, width, height } = tool.getBoundingClientRect();
  return width > 0 && !tool.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}).map(tool => tool.outerHTML)"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ESCAPE = """field => {
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
    return document.activeElement.getAttribute("aria-label");
}"""


def test_what_is_copied_from_word_and_libreoffice_keeps_its_shape_and_loses_no_word(enter: Enter) -> None:
    og = enter(OG)
    og.open_clause("EN14", "table-commune")
    stored, wanted = {}, {}
    for copied in sorted(CLIPBOARDS.glob("*.html")):
        og.live_text.click()
        og.page.keyboard.press("Control+a")
        og.page.keyboard.press("Delete")
        og.paste(copied.read_text(encoding="utf-8"))
        og.expect_saved()
        note = og.clause.locator(".paste-note p")
        said = f"\n\n<!-- {note.inner_text()} -->" if note.is_visible() else ""
        stored[copied.stem] = stored_text(og) + said + "\n"
        wanted[copied.stem] = copied.with_suffix(".md").read_text(encoding="utf-8")
    assert stored == wanted

    # Whole reports at once: as much as the server takes, then more than it takes.
    for paragraphs in (150, 400):
        og.page.keyboard.press("Control+a")
        og.paste(f"<p>{'Une phrase qui se répète. ' * 40}</p>" * paragraphs)
        og.expect_saved()
    expect(og.clause.locator(".paste-note p")).to_contain_text("trop long pour être collé d’un coup")
    expect(og.live_text.locator("p")).to_have_count(150)
    expect(og.clause.locator(".live-problem")).to_be_hidden()


def test_words_are_found_and_the_text_is_left_by_keyboard_alone(enter: Enter) -> None:
    og = enter(OG)
    og.open_clause("EN05", "table-commune")
    og.live_text.click()
    keys = og.page.keyboard
    keys.press("Control+a")
    keys.type("Évaluer l’été. évaluer en hiver. Réévaluer.")
    keys.press("Control+f")
    found, now = og.live_text.locator(".found"), og.live_text.locator(".found-now")
    keys.type("EVALUER")
    expect(found).to_have_count(3)
    expect(now).to_have_text("Évaluer")
    keys.press("Enter")
    keys.press("Enter")
    expect(og.clause.locator(".find-count")).to_have_text("3 sur 3")
    # At once: a key struck before the next frame is for the text, not for the field that is gone.
    assert og.clause.locator(".find-bar input").evaluate(ESCAPE) == "Texte commun de la clause"
    expect(found).to_have_count(0)
    keys.type("noter")
    expect(og.live_text).to_have_text("Évaluer l’été. évaluer en hiver. Rénoter.")

    # As in Word, and the list of it.
    keys.press("Alt+Shift+ArrowLeft")
    expect(og.live_text.locator("h4")).to_have_count(1)
    for level in range(1, 5):
        keys.press(f"Control+Alt+{level}")
        expect(og.live_text.locator(f"h{level}")).to_have_text("Évaluer l’été. évaluer en hiver. Rénoter.")
    keys.press("Control+Shift+l")
    keys.press("Control+/")
    shortcuts = og.page.get_by_role("dialog", name="Raccourcis clavier")
    expect(shortcuts).to_contain_text("Liste à puces")
    keys.press("Escape")
    expect(shortcuts).to_have_count(0)

    # A text that begins with a list opens like any other: its console has nothing to say of the caret.
    og.expect_saved()
    og.page.reload()
    expect(og.live_text.locator("li")).to_have_count(1)
    assert og.complaints == []
    og.live_text.click()
    keys.press("Control+End")

    # A link leads to the web or to a mailbox; anything else is refused in words, and nothing typed is lost.
    keys.press("Control+a")
    keys.press("Control+k")
    keys.type("javascript:alert(1)")
    keys.press("Enter")
    address = og.clause.get_by_label("Adresse du lien")
    expect(og.clause.get_by_text("Une adresse commence par https://")).to_be_visible()
    expect(address).to_have_value("javascript:alert(1)")
    address.fill("legifrance.gouv.fr")
    keys.press("Enter")
    expect(og.live_text.get_by_role("link")).to_have_attribute("href", "https://legifrance.gouv.fr")

    # On a phone the words that are typed stay in sight under the tools, all of these are reached, nothing is too wide.
    og.page.set_viewport_size(PHONE)
    keys.press("Control+End")
    for _ in range(5):
        keys.press("Enter")
        keys.insert_text("Une ligne que l’on tape sur son téléphone, plus longue que son écran.")
    keys.type(" Dit")
    assert og.live_text.evaluate(CARET_IS_SEEN)
    og.clause.get_by_role("button", name="Gras").click()
    keys.type(" fort")
    expect(og.live_text.locator("strong")).to_have_text(" fort")
    assert og.live_text.evaluate(CARET_IS_SEEN)
    assert og.clause.locator(".editor").evaluate(OUT_OF_REACH) == []
    assert og.page.evaluate(TOO_WIDE) == 0
    og.page.set_viewport_size(DESK)

    # Escape, then Tab: out, whatever Tab does inside.
    expect(og.live_text).to_be_focused()
    keys.press("Escape")
    expect(og.clause.locator(".after-text")).to_be_focused()
    keys.press("Tab")
    assert og.clause.locator(".editor").evaluate("editor => !editor.contains(document.activeElement)")


def test_a_value_is_written_together_and_undo_keeps_to_ones_own_words(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    for somebody in (og, ars):
        somebody.open_clause("EN06", "table-commune")
        expect(value_of(somebody)).to_have_value("4")
    value_of(og).fill("6")
    expect(value_of(ars)).to_have_value("6")
    told = ars.clause.locator(".typed-live")
    expect(told).to_contain_text("G Directeur général a écrit\u00a0: «\u00a06\u00a0».")
    expect(told).to_contain_text("Auparavant\u00a0: «\u00a04\u00a0».")
    told.get_by_role("button", name="Remettre la valeur d’avant").click()
    expect(value_of(og)).to_have_value("4")
    expect(value_of(ars)).to_be_focused()
    # Letters are no number: they wait in the field, and nothing is refused.
    value_of(ars).fill("cinq")
    value_of(ars).fill("5")
    expect(value_of(og)).to_have_value("5")

    # Beside it, what it is in the text on the table, and the way back. Enter gives a value, and proposes nothing.
    changed = og.clause.locator(".typed-change")
    expect(changed.locator("del")).to_contain_text("4")
    expect(changed.locator("ins")).to_contain_text("5")
    expect(og.clause.get_by_role("button", name="Montrer les changements")).to_have_text("La valeur a changé")
    og.live_text.press("F8")
    expect(og.page.locator("#annonces")).to_contain_text("La valeur, sous le texte, a changé.")
    changed.get_by_role("button", name="Rétablir «\u00a04\u00a0»").click()
    expect(value_of(ars)).to_have_value("4")
    expect(changed).to_be_empty()
    value_of(ars).fill("5")
    value_of(ars).press("Enter")
    expect(value_of(og)).to_have_value("5")
    # Undo in the field takes back one's own values; what another wrote since stays.
    for key, value in (("z", "4"), ("y", "5")):
        value_of(ars).press(f"Control+{key}")
        expect(value_of(og)).to_have_value(value)
    value_of(og).press("Control+z")
    expect(og.page.locator("#annonces")).to_contain_text("Rien à annuler de ce que vous avez écrit dans ce champ.")
    expect(value_of(ars)).to_have_value("5")

    start = og.live_text.inner_text()
    og.write(" Un.")
    expect(ars.live_text).to_contain_text("Un.")
    ars.write(" Deux.")
    expect(og.live_text).to_contain_text("Deux.")
    og.page.context.set_offline(True)
    og.page.keyboard.press("Control+Home")
    og.page.keyboard.type("Trois. ")
    og.page.context.set_offline(False)
    expect(ars.live_text).to_contain_text("Trois.")
    for _ in range(4):
        og.page.keyboard.press("Control+z")
    for somebody in (og, ars):
        expect(somebody.live_text).to_have_text(re.compile(re.escape(start[-20:]) + r"[\s\w]* Deux\.\w*$"))
        expect(somebody.live_text).not_to_contain_text(re.compile("Un\\.|Trois"))
    og.page.reload()
    expect(value_of(og)).to_have_value("5")
    expect(og.clause.locator(".live-problem")).to_be_hidden()

    # A list is written together too: both add a line at once, and both lines stay.
    for somebody in (og, ars):
        somebody.page.goto(f"/clauses/{a_list(somebody)}/table-commune")
        expect(value_of(somebody)).to_have_value("MDPH\nÉducation nationale")
    expect(og.clause.locator(".live-people")).to_contain_text("ARS, Responsable du département")
    value_of(og).fill("MDPH\nÉducation nationale\nCommunes")
    value_of(ars).fill("Rectorat\nMDPH\nÉducation nationale")
    for somebody in (og, ars):
        expect(value_of(somebody)).to_have_value("Rectorat\nMDPH\nÉducation nationale\nCommunes")
        expect(somebody.clause.locator(".typed-change ins")).to_have_count(2)


def test_words_are_commented_while_they_are_written(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    for somebody in (og, ars):
        somebody.open_clause("EN13", "table-commune")
        expect(somebody.live_text).to_be_visible()
    og.write(" Un bilan paraît.")
    for _ in "paraît.":
        og.page.keyboard.press("Shift+ArrowLeft")
    og.clause.get_by_role("button", name="Commenter ce passage").click()
    og.page.keyboard.type("Quand ?")
    og.rail.locator("details.write[open]").get_by_role("button", name="Envoyer").click()
    quotation = "« paraît. »"
    expect(og.rail.locator(".thread", has_text="Quand ?").locator("blockquote")).to_contain_text(quotation)
    ars.page.reload()
    thread = ars.rail.locator(".thread", has_text="Quand ?")
    expect(thread.locator("blockquote")).to_contain_text(quotation)
    expect(thread).not_to_contain_text("passage supprimé")


def test_a_list_of_people_is_ticked_together(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    clause = members_list(og)
    for somebody in (og, ars):
        somebody.page.goto(f"/clauses/{clause}/table-commune")
        expect(somebody.live_text).to_be_visible()
    people = og.clause.get_by_role("group", name="Liste")
    before = people.get_by_role("checkbox", checked=True).count()
    new = people.get_by_role("checkbox", checked=False)
    name = new.first.evaluate("box => box.closest('label').textContent.trim()")
    new.first.check()
    theirs = ars.clause.get_by_role("group", name="Liste")
    expect(theirs.get_by_label(name)).to_be_checked()
    expect(ars.clause.locator(".typed-change ins")).to_have_text(re.compile(re.escape(name)))
    og.page.keyboard.press("Control+z")
    expect(theirs.get_by_role("checkbox", checked=True)).to_have_count(before)


def value_of(somebody: Somebody) -> Locator:
    return somebody.clause.locator("form.propose-draft [name=value]")


def a_list(somebody: Somebody) -> str:
    """The id of a clause whose value is a list, and which nobody proposed yet."""
    wanted = (col(Clause.value_kind) == ValueKind.LIST, col(Clause.state) == ClauseState.TO_WRITE)
    with somebody.server.store.reading() as session:
        found = session.execute(select(Clause).where(*wanted)).scalars()
        return next(clause.id for clause in found if clause.working_value == ["MDPH", "Éducation nationale"])


def members_list(somebody: Somebody) -> str:
    """The id of the list of those who sit in the COPIL, opened again."""
    with somebody.server.store.reading() as session:
        found = next(table for table in tables_of_instance(session) if table.key == "handicap")
    table = Table(somebody.server.store, found.id)
    name = "gouvernance.governance.copil"
    table.og.dg.reopen(name)
    for person in (table.ars.resp, table.cd.chef):
        if person.member.party_id in table.situation(name).concerned:
            person.consent(name)
    return table.clause_id(name)
