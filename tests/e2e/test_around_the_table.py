"""What happens around the main road: many hands at once, the discussion, a clause that reopens."""

import re

from playwright.sync_api import expect

from negotiation.rules.vocabulary import SHARED
from negotiation.services.discussing import send_message
from negotiation.store import Announcing
from tests.e2e.conftest import Enter
from tests.e2e.test_offline import table_of

OG, ARS, CD = "og.dg@handicap.example", "ars.resp@handicap.example", "cd.chef@handicap.example"


def test_three_people_who_type_at_the_same_time_lose_no_letter(enter: Enter) -> None:
    people = [enter(email) for email in (OG, ARS, CD)]
    for somebody in people:
        somebody.open_clause("EN14", "table-commune")
        expect(somebody.live_text).to_be_visible()
    for somebody in people:
        somebody.live_text.click()
    for letters in ("abc", "def", "ghi", "jkl"):
        for somebody, letter in zip(people, letters, strict=True):
            somebody.page.keyboard.type(letter * 5)
    expect(people[0].live_text).to_contain_text("lllll")
    for somebody in people:
        somebody.expect_saved()
    written = people[0].live_text.text_content() or ""
    assert sorted(written) == sorted("abcdefghijkl" * 5)
    for somebody in people[1:]:
        expect(somebody.live_text).to_have_text(written)


def test_a_discussion_reaches_its_circle_and_no_other(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    for somebody in (og, ars):
        somebody.open_table("CPOM")
        somebody.page.get_by_role("link", name="Discussion").click()
    og.page.get_by_label("Votre message").fill("Le tableau des surcoûts part ce soir.")
    og.page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(ars.page.locator("#messages")).to_contain_text("Le tableau des surcoûts part ce soir.")
    og.page.get_by_role("link", name="Orlinde, en interne").click()
    og.page.get_by_label("Votre message").fill("Gardons la marge de 2 %.")
    og.page.get_by_role("button", name="Envoyer en interne").click()
    expect(og.page.locator("#messages")).to_contain_text("Gardons la marge de 2 %.")
    for page in ("", "?cercle=ours", "?cercle=authorities"):
        ars.page.goto(ars.page.url.partition("?")[0].partition("#")[0] + page)
        assert "Gardons la marge" not in ars.page.content()


def test_a_clause_is_named_by_keyboard_and_long_discussions_are_read_upwards(enter: Enter) -> None:
    cd = enter(CD)
    page, said = cd.page, cd.page.locator("#messages [data-rank]")
    cd.open_table("CPOM")
    page.get_by_role("link", name="Discussion").click()
    page.locator("#message").press_sequentially("Revoyons #préavis", delay=5)
    expect(page.get_by_role("listbox", name="Clauses et fiches à nommer").get_by_role("option")).to_contain_text(
        ["EN14"]
    )
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_have_value("Revoyons #EN14 ")
    page.get_by_role("button", name="Envoyer", exact=True).click()
    page.locator("#messages").get_by_role("link", name="#EN14").click()
    expect(cd.clause).to_contain_text("EN14")

    speaker = table_of(cd.server).ars.resp
    for number in range(70):
        with cd.server.store.unit_of_work(Announcing.SILENT) as uow:
            send_message(uow, speaker.actor, circle=SHARED, text=f"Mot {number}.")
    page.go_back()
    page.reload()
    before = said.count()
    page.get_by_role("link", name="Messages plus anciens").press("Enter")
    expect(said.nth(before)).to_be_attached()
    expect(page.locator("#messages [data-rank]:focus")).to_have_count(1)
    ranks = [int(rank or 0) for rank in said.evaluate_all("all => all.map(one => one.dataset.rank)")]
    assert ranks == sorted(set(ranks))


def test_an_agreed_clause_reopens_when_every_concerned_party_consents(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    og.open_clause("EN02")
    ars.open_clause("EN02")
    form = og.open_form("Demander la réouverture")
    form.get_by_label("Pourquoi rouvrir").fill("L’extension du dispositif est refusée.")
    form.get_by_role("button", name="Envoyer la demande").click()
    og.expect_told("Votre demande de réouverture est partie")
    expect(ars.clause).to_contain_text("demande la réouverture de cette clause")
    ars.clause.get_by_role("button", name="Consentir à la réouverture").click()
    ars.expect_told("Votre accord à la réouverture est enregistré")
    expect(og.clause).to_contain_text("Rouverte")
    expect(og.clause.locator("summary", has_text="Proposer")).to_be_visible()


def test_a_form_stays_unfolded_and_focused_when_the_page_refreshes(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    og.open_clause("EN05")
    ars.open_clause("EN05")
    og.open_form("Contre-proposer")
    composer = og.rail.locator("details.write", has_text="Écrire en interne")
    composer.locator("> summary").click()
    ars.comment("Nous relisons ce chiffre.")
    og.expect_comment("Nous relisons ce chiffre.")
    expect(composer.locator("> summary")).to_be_focused()
    expect(composer.get_by_label("Votre commentaire")).to_be_visible()
    expect(og.clause.get_by_label("Texte proposé").first).to_be_visible()


def test_clauses_that_are_added_and_moved_take_their_place_around_the_open_one(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    og.open_clause("EN13", "table-commune")
    ars.open_clause("EN13")
    part = ars.page.locator("nav.plan [aria-current=page]").first.get_attribute("href") or ""
    og.write("Mots en cours")
    listed = og.page.locator("article > section[id^=clause-]")
    ars.page.goto(part)
    ars.page.get_by_role("link", name="Un engagement").click()
    ars.add("Un engagement venu pendant la lecture")
    expect(listed.last).to_contain_text("Un engagement venu pendant la lecture")
    expect(og.live_text).to_be_focused()
    ars.page.goto(part)
    ars.page.locator("#modifier > summary").click()
    ars.page.get_by_role("button", name="Monter Un engagement venu pendant la lecture").click()
    ars.page.wait_for_load_state()
    expect(listed.last).to_have_class(re.compile("open"))
    expect(og.live_text).to_be_focused()
    expect(og.live_text).to_contain_text("Mots en cours")
