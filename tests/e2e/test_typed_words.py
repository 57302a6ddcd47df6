"""What was typed and not sent comes back to those for whom it was typed, and to nobody else."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Enter
from tests.e2e.people import Somebody
from tests.e2e.serving import RunningServer
from tests.e2e.test_offline import end_sessions, forget_the_network, table_of

INSIDE = "Entre nous : nous irons jusqu’à cinq places."


@pytest.fixture
def director(enter: Enter) -> Somebody:
    return enter("og.dg@handicap.example")


def test_an_internal_comment_typed_before_a_reload_comes_back_to_its_internal_field_alone(director: Somebody) -> None:
    director.open_clause("EN06")
    margin = director.page.locator("#marge")
    margin.get_by_text("Écrire en interne").click()
    director.page.locator("#commentaire-ours").fill(INSIDE)
    director.page.reload()
    expect(director.page.locator("#commentaire-ours")).to_have_value(INSIDE)
    expect(director.page.locator("#commentaire-shared")).to_have_value("")


def test_an_internal_message_never_waits_in_the_discussion_of_all(director: Somebody) -> None:
    director.open_table("CPOM")
    director.page.get_by_role("link", name="Discussion").click()
    director.page.get_by_role("link", name="en interne").click()
    director.page.locator("#message").fill(INSIDE)
    director.page.get_by_role("link", name="Toutes les parties").click()
    expect(director.page.locator("#message")).to_have_value("")
    director.page.get_by_role("link", name="en interne").click()
    expect(director.page.locator("#message")).to_have_value(INSIDE)


def test_messages_typed_without_a_network_leave_once_in_their_order_when_it_is_back(
    director: Somebody, enter: Enter
) -> None:
    page, ars = director.page, enter("ars.resp@handicap.example")
    for somebody in (director, ars):
        somebody.open_table("CPOM")
        somebody.page.get_by_role("link", name="Discussion").click()
    page.context.set_offline(True)
    for words in ("Dans le tunnel, un.", "Dans le tunnel, deux."):
        page.locator("#message").fill(words)
        page.get_by_role("button", name="Envoyer", exact=True).click()
        expect(page.locator("#message")).to_have_value("")
    waiting = page.get_by_label("Messages pas encore envoyés").locator("li")
    expect(waiting).to_have_count(2)
    expect(waiting.first).to_contain_text("Pas encore envoyé : il partira dès que la connexion revient.")
    ars.page.locator("#message").fill("J’écris pendant ce temps.")
    page.context.set_offline(False)
    for reader in (director, ars):
        said = reader.page.locator("#messages .words")
        expect(said.filter(has_text="Dans le tunnel")).to_have_text(["Dans le tunnel, un.", "Dans le tunnel, deux."])
    expect(waiting).to_have_count(0)
    expect(ars.page.locator("#message")).to_have_value("J’écris pendant ce temps.")
    forget_the_network(director)


def test_a_message_outlives_a_session_that_ended_before_it_left(director: Somebody, served: RunningServer) -> None:
    page = director.page
    director.open_table("CPOM")
    page.get_by_role("link", name="Discussion").click()
    page.locator("#message").fill("Écrit trop tard.")
    end_sessions(table_of(served).og.dg)
    page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(page.get_by_label("Messages pas encore envoyés")).to_contain_text("votre session est terminée")
    director.sign_in("og.dg@handicap.example")
    director.open_table("CPOM")
    page.get_by_role("link", name="Discussion").click()
    expect(page.locator("#messages .words", has_text="Écrit trop tard.")).to_have_count(1)
    expect(page.get_by_label("Messages pas encore envoyés")).to_have_count(0)
    forget_the_network(director)


def test_a_message_that_more_people_would_read_waits_for_a_yes_on_the_page(director: Somebody) -> None:
    page = director.page
    director.open_table("CPOM")
    page.get_by_role("link", name="Discussion").click()
    page.get_by_role("link", name="en interne").click()
    page.locator("#message").fill("Notre plancher : 91.")
    page.get_by_role("button", name="Envoyer en interne").click()
    expect(page.locator("#messages")).to_contain_text("Notre plancher : 91.")
    page.get_by_role("link", name="Toutes les parties").click()
    for way in ("Reprendre ces mots", "Oui, envoyer à toutes les parties"):
        page.locator("#message").fill("Bonjour à tous.")
        page.get_by_role("button", name="Envoyer", exact=True).click()
        expect(page.locator(".sent-back")).to_contain_text("Vous écriviez en interne. Envoyer à toutes les parties ?")
        page.get_by_role("button", name=way).click()
        expect(page.locator(".sent-back")).to_have_count(0)
        expect(page.locator("#message")).to_have_value("Bonjour à tous." if way.startswith("Reprendre") else "")
    expect(page.locator("#messages .words", has_text="Bonjour à tous.")).to_have_count(1)


def test_words_copied_inside_are_pasted_before_all_only_after_a_yes(director: Somebody) -> None:
    director.open_clause("EN06")
    page, margin = director.page, director.page.locator("#marge")
    margin.get_by_text("Écrire en interne").click()
    page.locator("#commentaire-ours").fill(INSIDE)
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+C")
    margin.get_by_text("Écrire à toutes les parties").click()
    shared, asked = page.locator("#commentaire-shared"), page.get_by_role("dialog")
    for answer, kept in (("Annuler", ""), ("Coller", INSIDE)):
        shared.focus()
        page.keyboard.press("Control+V")
        expect(asked).to_contain_text("Ce texte vient de votre côté interne")
        asked.get_by_role("button", name=answer).click()
        expect(shared).to_have_value(kept)


def test_after_leaving_the_back_button_shows_nothing_that_was_read(director: Somebody) -> None:
    director.open_clause("EN06")
    read = director.clause.locator(".read").first.inner_text()
    director.leave()
    for _ in range(2):
        director.page.go_back()
        expect(director.page).to_have_url(re.compile("/connexion"))
        assert read not in director.page.content()
