"""`navette serve` on a new machine: two negotiations are there, and a link for each party opens the one to try."""

from playwright.sync_api import expect

from tests.e2e.conftest import Enter
from tests.e2e.serving import RunningServer


def test_a_newcomer_sits_on_each_side_with_the_printed_links(enter: Enter, first_start: RunningServer) -> None:
    links = first_start.printed_links()
    assert sorted(links) == ["ARS", "Département", "Orlinde"], first_start.said()
    for party, link in links.items():
        somebody = enter(server=first_start)
        if party == "Orlinde":
            somebody.page.goto(link)
            somebody.picture("lien")
        somebody.follow(link)
        if party == "Orlinde":
            somebody.picture("accueil")
        expect(somebody.page.get_by_role("heading", name="À faire par moi")).to_be_visible()
        somebody.open_table("CPOM 2027-2031 — Fondation Orlinde")
        expect(somebody.page.locator(".crumb")).to_contain_text("situation au 10 juillet 2026")
        if party == "Orlinde":
            somebody.picture("table")


def test_a_link_opens_once(enter: Enter, first_start: RunningServer) -> None:
    link = first_start.link_for("og.dg@handicap.example")
    enter(server=first_start).follow(link)
    late = enter(server=first_start)
    late.page.goto(link)
    expect(late.page.locator("main")).to_contain_text("Ce lien n’ouvre plus rien.")
