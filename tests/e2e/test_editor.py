"""The editor itself, in one browser: what is pasted."""

from pathlib import Path

from playwright.sync_api import expect

from negotiation.rules.vocabulary import SHARED
from negotiation.services.drafting import drafted_texts
from tests.e2e.conftest import Enter
from tests.e2e.people import Somebody

OG = "og.dg@handicap.example"
CLIPBOARDS = Path(__file__).resolve().parents[1] / "corpus" / "clipboard"
PASTE = """(text, html) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  text.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_what_is_copied_from_word_and_libreoffice_keeps_its_shape_and_loses_no_word(enter: Enter) -> None:
    og = enter(OG)
    og.open_clause("EN14", "table-commune")
    stored, wanted = {}, {}
    for copied in sorted(CLIPBOARDS.glob("*.html")):
        og.live_text.click()
        og.page.keyboard.press("Control+a")
        og.page.keyboard.press("Delete")
        og.live_text.evaluate(PASTE, copied.read_text(encoding="utf-8"))
        og.expect_saved()
        note = og.clause.locator(".paste-note p")
        said = f"\n\n<!-- {note.inner_text()} -->" if note.is_visible() else ""
        stored[copied.stem] = stored_text(og) + said + "\n"
        wanted[copied.stem] = copied.with_suffix(".md").read_text(encoding="utf-8")
    expect(og.clause.locator(".live-problem")).to_be_hidden()
    assert stored == wanted


def stored_text(somebody: Somebody) -> str:
    draft = somebody.clause.locator(".live-draft")
    part_id, clause_id = draft.get_attribute("data-draft-part"), draft.get_attribute("data-clause")
    with somebody.server.store.reading() as session:
        return drafted_texts(session, str(part_id), circle=SHARED)[str(clause_id)]


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
    keys.press("Escape")
    expect(found).to_have_count(0)
    keys.type("noter")
    expect(og.live_text).to_have_text("Évaluer l’été. évaluer en hiver. Rénoter.")

    # As in Word, and the list of it.
    keys.press("Alt+Shift+ArrowLeft")
    expect(og.live_text.locator("h4")).to_have_count(1)
    keys.press("Control+Shift+l")
    keys.press("Control+/")
    shortcuts = og.page.get_by_role("dialog", name="Raccourcis clavier")
    expect(shortcuts).to_contain_text("Liste à puces")
    keys.press("Escape")
    expect(shortcuts).to_have_count(0)

    # Escape, then Tab: out, whatever Tab does inside.
    expect(og.live_text).to_be_focused()
    keys.press("Escape")
    expect(og.clause.locator(".after-text")).to_be_focused()
    keys.press("Tab")
    assert og.clause.locator(".editor").evaluate("editor => !editor.contains(document.activeElement)")
