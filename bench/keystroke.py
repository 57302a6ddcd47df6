"""What a key costs the main thread of a real browser, in a clause of 50 kB whose changes are drawn while one types.

Two costs are told apart: the task of the key itself, which the hand waits for, and the work put off until just after,
in which the changes are found anew. Layout and paint are left out: they are the browser's, with marks or without.
"""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import CDPSession, Page, expect, sync_playwright

from bench.measuring import table
from bench.redlines import edited, text_of
from tests.builders import a_table
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.e2e.serving import RunningServer
from tests.requirements import find_chromium

SIZE = 50_000
KEYS = 200
PAUSE_MS = 90
"""Between two keys: a good typist."""
LAG_MS = 120
"""As in static/src/editor/redline_plugin.ts: what is put off by it is the finding of changes."""
TARGET_MS = 8.0
WATCH = """() => {
  window.keys = []; window.later = [];
  const channel = new MessageChannel();
  let began = 0;
  channel.port1.onmessage = () => window.keys.push(performance.now() - began);
  // Microtasks included, in which the editor reads what the key changed: the message is a task of its own after them.
  window.addEventListener("keydown", () => { began = performance.now(); channel.port2.postMessage(null); }, true);
  const put = window.setTimeout;
  window.setTimeout = (work, delay, ...rest) => put(() => {
    const start = performance.now();
    work(...rest);
    if (delay === LAG) window.later.push(performance.now() - start);
  }, delay);
}""".replace("LAG", str(LAG_MS))


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder, sync_playwright() as playwright:
        server = RunningServer(Path(folder))
        clause_id, email = _set_stage(server)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        server.start()
        try:
            page = browser.new_context(base_url=server.address, locale="fr-FR").new_page()
            page.add_init_script(f"({WATCH})()")
            page.goto(server.link_for(email))
            page.get_by_role("button", name="Entrer").click()
            page.goto(f"/clauses/{clause_id}/table-commune")
            shown = page.locator(".changes button[aria-pressed=true]")
            expect(shown).to_contain_text("changements", timeout=60_000)
            changes = shown.inner_text()
            rows = [["drawn", *_typed(page)]]
            shown.click()
            rows.append(["hidden", *_typed(page)])
        finally:
            browser.close()
            server.stop()
            server.store.engine.dispose()
    table(
        f"A key in a clause of {SIZE // 1000} kB with {changes}: milliseconds of the main thread, {KEYS} keys.",
        ["changes", *(f"{what} p{rank}" for what in ("key", "found anew") for rank in (50, 95, 99)), "processor a key"],
        rows,
        note=f"Wanted: at most {TARGET_MS:.0f} ms for either. The last column: all that JavaScript did, in time of the "
        "processor, which other work on the machine changes little.",
    )


def _set_stage(server: RunningServer) -> tuple[str, str]:
    """An agreed text, opened again, and another on the table in which one word in twenty is another."""
    seated = a_table(server.store, parties=["og", "ars"])
    before = text_of(SIZE, seed=1)
    seated.agree("k01.markdown", before)
    seated.og.dg.reopen("k01.markdown")
    seated.ars.dg.consent("k01.markdown")
    seated.og.dg.propose("k01.markdown", edited(before, 2).strip())
    return seated.clause_id("k01.markdown"), seated.og.dg.email


def _typed(page: Page) -> Sequence[float | None]:
    page.locator(".ProseMirror > p").nth(60).click()
    page.evaluate("() => { window.keys = []; window.later = []; }")
    chromium = page.context.new_cdp_session(page)
    chromium.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _scripted(chromium)
    page.keyboard.type(text_of(KEYS * 2, seed=5)[:KEYS], delay=PAUSE_MS)
    page.wait_for_timeout(3 * LAG_MS)
    spent = _scripted(chromium) - before
    keys, later = page.evaluate("() => [window.keys, window.later]")
    return [*_ranks(keys), *_ranks(later), spent / KEYS]


def _scripted(chromium: CDPSession) -> float:
    """Milliseconds of processor that JavaScript has taken on the main thread so far."""
    told = chromium.send("Performance.getMetrics")["metrics"]
    return 1000 * float(next(each["value"] for each in told if each["name"] == "ScriptDuration"))


def _ranks(found: list[float]) -> list[float | None]:
    if len(found) < 2:
        return [None, None, None]
    hundredths = statistics.quantiles(found, n=100, method="inclusive")
    return [hundredths[rank - 1] for rank in (50, 95, 99)]
