"""What ends a connection, what cuts it, what replaces it: nothing typed is lost, and nobody stays in who left."""

import re
import time

from playwright.sync_api import expect

from tests.e2e.conftest import Enter

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


def test_two_browsers_converge_where_a_proxy_blocks_websocket(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    for somebody in (og, ars):
        somebody.page.route_web_socket(re.compile("/socket.io/"), lambda socket: socket.close(code=1011))
    og.open_clause("EN14", "table-commune")
    ars.open_clause("EN14", "table-commune")
    og.write("Le préavis est de ")
    expect(ars.live_text).to_contain_text("Le préavis est de", timeout=20_000)
    ars.write("six mois.")
    for somebody in (og, ars):
        expect(somebody.live_text).to_contain_text("Le préavis est de six mois.", timeout=20_000)
        somebody.expect_saved()
    for somebody in (og, ars):
        somebody.complaints[:] = [told for told in somebody.complaints if "WebSocket" not in told]


def test_words_typed_offline_are_kept_then_merged(enter: Enter) -> None:
    og, cd = enter(OG), enter("cd.chef@handicap.example")
    og.open_clause("EN13", "table-commune")
    cd.open_clause("EN13", "table-commune")
    og.write("Un excédent ")
    expect(cd.live_text).to_contain_text("Un excédent")
    og.page.context.set_offline(True)
    og.write("finance d’abord la réserve de compensation.")
    expect(og.clause.locator(".saved")).to_contain_text("Hors ligne")
    cd.live_text.click()
    cd.page.keyboard.press("Control+Home")
    cd.page.keyboard.type("Proposition : ")
    cd.expect_saved()
    og.page.context.set_offline(False)
    whole = "Proposition : Un excédent finance d’abord la réserve de compensation."
    for somebody in (og, cd):
        expect(somebody.live_text).to_have_text(whole, timeout=20_000)
        somebody.expect_saved()
    og.complaints[:] = [told for told in og.complaints if "ERR_INTERNET_DISCONNECTED" not in told]
