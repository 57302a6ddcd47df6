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
