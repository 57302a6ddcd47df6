"""What ends a connection, what cuts it, what replaces it: nothing typed is lost, and nobody stays in who left."""

import re
import time

from playwright.sync_api import expect

from tests.e2e.conftest import Enter
from tests.e2e.serving import RunningServer
from tests.e2e.wires import RefusingProxy

OF_THE_NETWORK = re.compile("WebSocket|ERR_INTERNET_DISCONNECTED")
OF_AN_EDITOR = re.compile("ERR_FAILED|dynamically imported module")
OG, ARS = "og.dg@handicap.example", "ars.resp@handicap.example"


def test_leaving_ends_the_other_tabs_of_the_same_browser(enter: Enter) -> None:
    og = enter(OG)
    og.open_clause("EN14", "table-commune")
    expect(og.live_text).to_be_visible()
    other = og.another_tab()
    other.page.goto("/")
    other.leave()
    left = time.monotonic()
    banner = og.page.locator("#bandeau-connexion")
    expect(banner).to_contain_text("Votre session est terminée", timeout=4_000)
    assert time.monotonic() - left < 2
    expect(banner.get_by_role("link", name="Se connecter")).to_be_visible()
    # The text that stays on the screen is closed: its tools write nothing in it.
    quote = og.clause.get_by_role("button", name="Citation")
    expect(quote).to_have_attribute("aria-disabled", "true")
    quote.click(force=True)
    expect(og.live_text.locator("blockquote")).to_have_count(0)


def test_an_editor_that_does_not_come_leaves_a_sentence_and_the_text(enter: Enter) -> None:
    og = enter(OG)
    og.page.route(re.compile(r"/static/dist/main-\w+\.js"), lambda asked: asked.abort())
    og.open_clause("EN14", "table-commune")
    expect(og.clause.locator(".live-problem")).to_have_text(
        "L’éditeur ne s’est pas chargé\u00a0: rechargez la page pour écrire dans ce texte."
    )
    expect(og.clause.locator(".live-draft .read")).to_be_visible()
    og.page.unroute_all()
    og.page.reload()
    expect(og.live_text).to_be_visible()
    og.complaints[:] = [told for told in og.complaints if not OF_AN_EDITOR.search(told)]


def test_two_browsers_converge_where_a_proxy_refuses_websocket_and_the_network_goes(
    enter: Enter, served: RunningServer
) -> None:
    proxy = RefusingProxy(served.port)
    og, ars = (enter(email, proxy=proxy.settings) for email in (OG, ARS))
    for somebody in (og, ars):
        somebody.open_clause("EN13", "table-commune")
    og.write("Un excédent ")
    expect(ars.live_text).to_contain_text("Un excédent", timeout=20_000)
    og.page.context.set_offline(True)
    og.write("finance d’abord la réserve de compensation.")
    expect(og.clause.locator(".saved")).to_contain_text("Hors ligne")
    ars.live_text.click()
    ars.page.keyboard.press("Control+Home")
    ars.page.keyboard.type("Proposition : ")
    ars.expect_saved()
    og.page.context.set_offline(False)
    whole = "Proposition : Un excédent finance d’abord la réserve de compensation."
    for somebody in (og, ars):
        expect(somebody.live_text).to_have_text(whole, timeout=20_000)
        somebody.expect_saved()
    assert proxy.refused >= 2
    og.propose_the_draft(motive="Elle attend depuis deux ans.")
    og.expect_told("Votre proposition est partie")
    expect(ars.clause.get_by_label("Changements depuis")).to_contain_text("depuis la version 1")
    proxy.close()
    for somebody in (og, ars):
        somebody.complaints[:] = [told for told in somebody.complaints if not OF_THE_NETWORK.search(told)]
