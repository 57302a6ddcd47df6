"""The pages where people talk: who reads is said, nothing typed is lost, and one side never meets the other's words."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.vocabulary import SHARED
from negotiation.services.commenting import Comment, Quotation, write_comment
from negotiation.services.discussing import send_message
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.queries.discussion import PAGE, channel
from tests.builders import Table, a_table
from tests.crawling import answer_of
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

CLAUSE = "k01.markdown"
TEXT = "Le gestionnaire ouvre **quatre places**, deux week-ends par mois."


@pytest.fixture
def table(app: Flask) -> Table:
    found = a_table(app.extensions["store"], parties=3)
    found.og.dg.propose(CLAUSE, TEXT)
    return found


@pytest.fixture
def og(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.og.dg.email)


@pytest.fixture
def ars(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.ars.dg.email)


def clause(table: Table, rest: str = "") -> str:
    return f"/clauses/{table.clause_id(CLAUSE)}{rest}"


def beside(table: Table, rest: str = "") -> str:
    return f"/negociations/{table.id}/texte/{table.part_id('k01')}/discussion{rest}"


def page_text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def the_last(table: Table, row: type[Message] | type[MoveRow]) -> str:
    with table.store.reading() as session:
        found: str = session.execute(select(col(row.id)).order_by(col(row.rank).desc()).limit(1)).scalar_one()
        return found


# ---------------------------------------------------------------------- passages


def test_a_passage_is_underlined_for_whoever_reads_its_thread_and_for_nobody_else(
    table: Table, og: Visitor, ars: Visitor
) -> None:
    before = answer_of(ars.get(clause(table, "/proposition"))).body
    version = table.current(CLAUSE)
    assert version
    form = {"readers": "ours", "text": "Trop tôt ?", "quote": "places, deux week-ends", "quote_version": version.id}
    assert og.post(clause(table, "/commentaires"), form).status_code == 302
    page = og.get(clause(table, "/proposition")).text
    assert '<strong>quatre <mark class="anchor private-anchor">places</mark></strong>' in page
    assert '<mark class="anchor private-anchor">, deux week-ends</mark><a class="anchor-link" href="#fil-' in page
    assert "« places, deux week-ends »" in page_text(page)
    tokens = rb'(name="(?:csrf_token|request_key)" value=|socket-token" content=)"[^"]*"'
    after = answer_of(ars.get(clause(table, "/proposition"))).body
    assert re.sub(tokens, rb"\1", after) == re.sub(tokens, rb"\1", before)


def test_a_passage_that_is_gone_says_so(table: Table, og: Visitor) -> None:
    version = table.current(CLAUSE)
    assert version
    og.post(clause(table, "/commentaires"), {"text": "Où ?", "quote": "deux week-ends", "quote_version": version.id})
    table.ars.dg.counter(CLAUSE, "Un tout autre texte, écrit pour une tout autre raison.")
    page = og.get(clause(table)).text
    assert "« deux week-ends » passage supprimé" in page_text(page)
    assert "<mark" not in page


def test_a_thread_is_settled_listed_and_opened_again_without_script(table: Table, og: Visitor, ars: Visitor) -> None:
    og.post(clause(table, "/commentaires"), {"text": "Une remarque à régler."})
    root = the_last(table, MoveRow)
    assert ars.post(clause(table, f"/commentaires/{root}/regle")).status_code == 302
    assert "Une remarque à régler." not in og.get(clause(table)).text
    listed = page_text(og.get(clause(table, "?fils=regles")).text)
    assert "Une remarque à régler." in listed
    assert "Réglé par A" in listed
    og.post(clause(table, f"/commentaires/{root}/rouvre"))
    assert "Une remarque à régler." in og.get(clause(table)).text


# ---------------------------------------------------------------------- the right audience


@pytest.mark.parametrize("where", ["clause", "part", "table"])
def test_speaking_to_all_after_speaking_inside_is_asked_first_and_loses_no_word(
    table: Table, og: Visitor, ars: Visitor, where: str
) -> None:
    address = {
        "clause": clause(table, "/commentaires"),
        "part": beside(table),
        "table": f"/negociations/{table.id}/discussion",
    }[where]
    assert og.post(address, {"readers": "ours", "text": "Notre plancher : 91."}).status_code == 302
    asked = og.post(address, {"readers": "shared", "text": "Bonjour à tous."})
    assert asked.status_code == 409
    assert "Vous écriviez en interne. Envoyer à toutes les parties" in page_text(asked.text)
    assert re.search(r'<textarea[^>]*name="text"[^>]*>Bonjour à tous\.</textarea>', asked.text)
    assert '<button class="button button-small" type="submit" name="confirmed" value="yes">' in asked.text
    sent = og.post(address, {"readers": "shared", "text": "Bonjour à tous.", "confirmed": "yes"})
    assert sent.status_code == 302
    read = ars.get(clause(table)).text + ars.get(f"/negociations/{table.id}/discussion").text
    assert "Bonjour à tous." in read
    assert "plancher" not in read


def test_each_composer_says_who_reads(table: Table, ars: Visitor) -> None:
    for name, words in (("shared", "Toutes les parties"), ("ours", "Interne"), ("authorities", "Entre autorités")):
        page = ars.get(beside(table, f"?cercle={name}")).text
        form = re.search(r'<form class="composer.*?</form>', page, re.DOTALL)
        assert form is not None
        assert re.search(rf"{words}[^:]*: \d+ personnes", page_text(form[0]))


def test_on_a_private_screen_one_writes_inside_unless_one_chooses(table: Table, og: Visitor) -> None:
    page = og.get(clause(table, "/brouillon")).text
    assert 'id="message-ours"' in page
    assert page.index('id="commentaire-ours"') < page.index('id="commentaire-shared"')
    assert 'id="message-shared"' in og.get(clause(table, "/proposition")).text


def test_only_readers_are_offered_to_be_named(table: Table, og: Visitor) -> None:
    page = og.get(beside(table, "?cercle=ours")).text
    assert f'value="{table.og.redac.member.id}"' in page
    assert f'value="{table.ars.dg.member.id}"' not in page


# ---------------------------------------------------------------------- a message becomes something


def test_a_message_becomes_a_comment_a_proposal_and_a_task(table: Table, og: Visitor, ars: Visitor) -> None:
    og.post(beside(table), {"readers": "shared", "text": "Et si c’était cinq places ?"})
    message = the_last(table, Message)
    step = f"/negociations/{table.id}/messages/{message}/suite"
    chosen = og.get(f"{step}?en=commentaire").text
    assert clause(table, f"?message={message}&amp;en=commentaire#marge") in chosen
    form = og.get(clause(table, f"?message={message}&en=commentaire")).text
    assert re.search(r'id="commentaire-shared"[^>]*>Et si c’était cinq places \?<', form)
    assert f'name="message" value="{message}"' in form
    og.post(clause(table, "/commentaires"), {"text": "Et si c’était cinq places ?", "message": message})
    proposal = ars.get(clause(table, f"/proposition?message={message}")).text
    assert re.search(r'id="texte-counter_proposal"[^>]*>Et si c’était cinq places \?<', proposal)
    asked = og.get(f"/negociations/{table.id}/taches?message={message}").text
    assert re.search(r'name="title"[^>]*>Et si c’était cinq places \?<', asked)
    task = {"readers": "shared", "title": "Chiffrer cinq places", "message": message, "owner": table.og.dg.member.id}
    assert og.post(f"/negociations/{table.id}/taches", task).status_code == 302
    shown = page_text(ars.get(beside(table)).text)
    assert "Repris sur une clause" in shown
    assert "1 tâche" in shown


def test_a_private_message_becomes_nothing_shared_unless_somebody_means_it(table: Table, og: Visitor) -> None:
    og.post(beside(table), {"readers": "ours", "text": "Notre plancher : 91."})
    message = the_last(table, Message)
    brought = {"text": "Notre plancher : 91.", "message": message, "readers": "shared"}
    assert og.post(clause(table, "/commentaires"), brought).status_code == 409
    version = table.current(CLAUSE)
    assert version
    seen = {"seen_number": str(version.number), "seen_fingerprint": version.fingerprint}
    proposal = {"move": "counter_proposal", "text": "Un.", "motive": "Deux.", "message": message, **seen}
    assert og.post(clause(table, "/moves"), proposal).status_code == 409
    assert "toutes les parties pourront le lire" in og.get(clause(table, f"/proposition?message={message}")).text
    task = {"readers": "shared", "title": "Chiffrer", "message": message}
    assert og.post(f"/negociations/{table.id}/taches", task).status_code == 409
    assert table.current(CLAUSE) == version


def test_a_message_of_another_side_becomes_nothing(table: Table, og: Visitor, ars: Visitor) -> None:
    og.post(beside(table), {"readers": "ours", "text": "Notre plancher : 91."})
    message = the_last(table, Message)
    for name in (message, "inconnu"):
        assert ars.get(f"/negociations/{table.id}/messages/{name}/suite").status_code == 404
        assert ars.post(f"/negociations/{table.id}/messages/{name}/reprise").status_code == 404
        assert ars.get(clause(table, f"/proposition?message={name}")).status_code == 404
        assert ars.get(f"/negociations/{table.id}/taches?message={name}").status_code == 404
        assert ars.post(clause(table, "/commentaires"), {"text": "Un.", "message": name}).status_code == 404


# ---------------------------------------------------------------------- order, pages, limits


def test_messages_stand_in_order_whatever_was_missed(table: Table, og: Visitor) -> None:
    """A page asks again from its first message on: what came while it was cut off stands in its place."""

    def send(*numbers: int) -> None:
        for number in numbers:
            with table.store.unit_of_work() as uow:
                send_message(uow, table.ars.dg.actor, circle=SHARED, text=f"mot {number}.", part_id=part)

    def said(page: str) -> list[int]:
        return [int(number) for number in re.findall(r'<p class="words" dir="auto">mot (\d+)\.', page)]

    part = table.part_id("k01")
    send(*range(3))
    first = og.get(beside(table)).text
    again = re.search(r'id="messages"[^>]*data-refresh-url="([^"]+)"', first)
    assert again is not None
    send(*range(3, PAGE + 10))
    assert said(og.get(unescape(again[1])).text) == list(range(PAGE + 10))
    newest = og.get(beside(table)).text
    assert said(newest) == list(range(10, PAGE + 10))
    older = re.search(r'href="([^"]+)"[^>]*>Messages plus anciens', newest)
    assert older is not None
    assert said(og.get(unescape(older[1])).text) == list(range(10))
    with table.store.reading() as session:
        assert channel(session, table.og.dg.actor, SHARED).messages == ()


def test_the_same_form_twice_is_one_message(table: Table, og: Visitor) -> None:
    form = {"readers": "shared", "text": "Une fois.", "request_key": "k" * 36}
    og.post(beside(table), form)
    og.post(beside(table), form)
    assert og.get(beside(table)).text.count("Une fois.") == 1


def test_words_taken_back_are_gone_from_every_page(table: Table, og: Visitor, ars: Visitor) -> None:
    og.post(beside(table), {"text": "Un mot de trop."})
    og.post(clause(table, "/commentaires"), {"text": "Un mot de trop."})
    page = og.get(clause(table)).text
    assert page.count('class="recall"') == 2
    assert 'class="recall"' not in ars.get(clause(table)).text
    og.post(f"/negociations/{table.id}/messages/{the_last(table, Message)}/reprise")
    og.post(clause(table, f"/commentaires/{the_last(table, MoveRow)}/reprise"))
    for address in (clause(table), clause(table, "/navette"), beside(table), f"/negociations/{table.id}/historique"):
        page = ars.get(address).text
        assert "Un mot de trop." not in page
        assert "retiré" in page or "retire ce qui" in page


def test_a_page_that_stays_is_answered_without_another(table: Table, og: Visitor) -> None:
    aside = {"headers": {"HX-Request": "true"}}
    assert og.post(beside(table), {"text": "Un mot de trop."}, **aside).status_code == 204
    again = f"/negociations/{table.id}/messages/{the_last(table, Message)}/reprise"
    assert og.post(again, **aside).status_code == 204
    og.post(beside(table), {"readers": "ours", "text": "Chez nous."}, **aside)
    asked = og.post(beside(table), {"text": "À tous."}, **aside)
    assert (asked.status_code, asked.headers["Navette-Asks"]) == (409, "confirmed")
    assert "<main" not in asked.text
    assert og.post(beside(table), {"text": " "}, **aside).headers["Navette-Asks"] == ""


def test_a_flood_is_told_to_wait_and_the_others_are_not(table: Table, og: Visitor, ars: Visitor) -> None:
    address = f"/negociations/{table.id}/discussion"
    answers = [og.post(address, {"text": f"Mot {number}."}).status_code for number in range(61)]
    assert answers == [302] * 60 + [429]
    assert "Attendez une minute" in og.post(clause(table, "/commentaires"), {"text": "Encore."}).text
    assert og.post(clause(table, "/moves"), {"move": "comment", "text": "Encore."}).status_code == 429
    assert ars.post(address, {"text": "Et moi."}).status_code == 302


def test_markup_in_words_and_quotations_is_shown_as_written(table: Table, og: Visitor) -> None:
    table.ars.dg.counter(CLAUSE, "Un texte avec &lt;b&gt;signes&lt;/b&gt; et 5 &lt; 6.")
    version = table.current(CLAUSE)
    assert version
    said = Comment(SHARED, "<script>x</script>", quotation=Quotation("et 5 < 6", version=version.id))
    with table.store.unit_of_work() as uow:
        write_comment(uow, table.og.dg.actor, table.clause_id(CLAUSE), said)
    page = og.get(clause(table, "/proposition")).text
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
    assert "et 5 &lt; 6" in page


def test_a_question_is_taken_back_from_the_margin_until_somebody_answers_it(
    table: Table, og: Visitor, ars: Visitor
) -> None:
    again = re.compile(r"/commentaires/[\w-]+/reprise")
    assert og.post(clause(table, "/moves"), {"move": "question", "text": "Quand ?"}).status_code == 302
    asked = again.search(og.get(clause(table)).text)
    assert asked and not again.search(ars.get(clause(table)).text)
    table.ars.dg.answer(CLAUSE, "En mai.", reply_to=the_last(table, MoveRow))
    assert not again.search(og.get(clause(table)).text)
    refused = og.post(clause(table, asked[0]))
    assert (refused.status_code, "déjà répondu" in refused.text) == (409, True)
