"""Search finds what I may read, as soon as it is written, and says nothing of the rest (trust T6)."""

import re
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import text

from negotiation.rules.search_words import asked_words
from negotiation.rules.vocabulary import SHARED, Circle
from negotiation.services.discussing import send_message
from negotiation.store import Announcing, Store
from negotiation.store.queries.discussion import PAGE
from negotiation.store.queries.search import Found, entries_holding, search
from negotiation.store.search_index import index_everything
from negotiation.store.talk import SearchEntry
from tests.builders import Person, Table, a_table
from tests.seance_table import an_open_seance
from tests.visitors import Visitor


def found(person: Person, question: str, page: int = 0) -> Found:
    with person.table.store.reading() as session:
        return search(session, person.actor, asked_words(question), page=page)


def kinds(person: Person, question: str) -> list[str]:
    return [hit.kind for hit in found(person, question).hits]


def test_a_text_is_found_from_the_moment_it_is_tabled_and_no_longer_once_replaced(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Le **périscope** du contrat.")
    assert kinds(table.ars.lect, "periscope") == ["clause"]
    table.ars.dg.counter("en02", "La longue-vue du contrat.")
    assert kinds(table.og.lect, "périscope") == []
    assert kinds(table.og.lect, "LONGUE-VUE contrat") == ["clause"]


def test_what_is_said_with_a_move_is_found_with_who_said_it(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Un texte.")
    table.ars.dg.counter("en02", "Un autre texte.", motive="La boussole le commande.")
    table.og.dg.ask("en02", "Quelle boussole ?")
    hits = found(table.cd.lect, "boussole").hits
    said_by = {hit.member_id: hit for hit in hits}
    assert said_by.keys() == {table.og.dg.member.id, table.ars.dg.member.id}
    assert said_by[table.og.dg.member.id].thread
    assert said_by[table.ars.dg.member.id].thread is None


def test_each_circle_finds_its_own_words_and_nobody_elses(store: Store) -> None:
    table = a_table(store)
    table.og.dg.note("en01", "Notre plancher est tungstene.")
    table.ars.dg.tell_authorities("en01", "Entre nous : tungstene.")
    assert kinds(table.og.lect, "tungstene") == ["move"]
    assert kinds(table.cd.lect, "tungstene") == ["move"]
    assert found(table.og.lect, "tungstene").hits[0].circle == table.og.inside


def test_a_file_that_is_imported_is_found_whole(store: Store) -> None:
    table = a_table(store)
    assert "part" in kinds(table.ars.lect, "objet")
    assert "clause" in kinds(table.ars.lect, "contrat")


def test_the_index_made_anew_is_the_index_as_it_was_written(store: Store) -> None:
    """What the migration does for tables written before there was one."""
    table = a_table(store)
    table.agree("en02", "Le texte convenu.")
    table.og.dg.note("en01", "Une note.")
    with store.unit_of_work(Announcing.SILENT) as uow:
        send_message(uow, table.ars.dg.actor, circle=SHARED, text="Un message.")
    before = rows_of_index(store)
    with store.unit_of_work(Announcing.SILENT) as uow:
        index_everything(uow.session.connection())
    assert rows_of_index(store) == before
    assert {kind for kind, *_ in before} == {"part", "clause", "move", "message"}


def rows_of_index(store: Store) -> set[tuple[object, ...]]:
    with store.reading() as session:
        table = SearchEntry.__table__  # type: ignore[attr-defined]
        rows = session.execute(table.select()).all()
    return {(row.kind, row.id, row.row_id, row.circle, row.part_id, row.clause_id, row.words, row.at) for row in rows}


def test_a_percent_sign_is_a_character_like_another(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Un taux de 95 % garanti_ici.")
    assert kinds(table.ars.lect, "95 %") == ["clause"]
    assert kinds(table.ars.lect, "garanti_ici") == ["clause"]
    assert kinds(table.ars.lect, "9_ %") == []
    assert kinds(table.ars.lect, "t%x") == []


def test_what_was_found_comes_by_pages_the_newest_first(store: Store) -> None:
    table = a_table(store)
    with store.unit_of_work(Announcing.SILENT) as uow:
        for number in range(40):
            send_message(uow, table.ars.dg.actor, circle=SHARED, text=f"Sémaphore {number}")
    first = found(table.og.lect, "semaphore")
    second = found(table.og.lect, "semaphore", page=first.next or 0)
    assert (len(first.hits), first.next, len(second.hits), second.next) == (30, 1, 10, None)
    assert not {hit.row_id for hit in first.hits} & {hit.row_id for hit in second.hits}


@dataclass(frozen=True)
class Answers:
    visitor: Visitor
    table: Table

    def to(self, word: str) -> bytes:
        page = self.visitor.get(f"/negociations/{self.table.id}/recherche?q={word}")
        assert page.status_code == 200
        return page.get_data().replace(word.encode(), b"WORD")


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_word_of_anothers_inside_answers_like_a_word_of_nobody(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.og.dg.note("en01", "Notre plancher est tungstene.")
    table.ars.dg.tell_authorities("en01", "Une indiscretion.")
    mine = Answers(Visitor(app).enter(table.og.lect.email), table)
    theirs = Answers(Visitor(app).enter(table.cd.lect.email), table)
    assert b"<mark>" in mine.to("tungstene") and b"<mark>" in theirs.to("indiscretion")
    assert clean(theirs.to("tungstene")) == clean(theirs.to("zzzzzzzzz"))
    assert clean(mine.to("indiscretion")) == clean(mine.to("zzzzzzzzzzzz"))


def clean(page: bytes) -> bytes:
    return b"\n".join(line for line in page.splitlines() if b"token" not in line)


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_search_reads_the_rows_of_my_circles_only(store: Store) -> None:
    """By the index on (negotiation, circle): what another circle holds costs nothing."""
    table = a_table(store)
    with store.reading() as session:
        order = entries_holding(table.cd.lect.actor, ("mot",)).compile(
            store.engine, compile_kwargs={"literal_binds": True}
        )
        plan = [row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {order}".replace(":", r"\:")))]
    assert any("ix_search_entry_circle (negotiation_id=? AND circle=?)" in step for step in plan), plan


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_nobody_searches_more_than_sixty_times_a_minute(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    visitor = Visitor(app).enter(table.og.lect.email)
    codes = [visitor.get(f"/negociations/{table.id}/recherche").status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]


def test_one_looks_in_messages_alone_or_in_those_of_one_seance(app: Flask) -> None:
    """Each finds what was said in the circles that are his, and nothing tells of the others."""
    table = a_table(app.extensions["store"], parties=3)
    meeting = an_open_seance(table, table.ars.dg)
    seance = meeting.id
    say(table.og.dg, "Le périscope, avant tout.", seance_id=seance)
    say(table.og.dg, "Notre périscope.", circle=table.og.inside, seance_id=seance)
    table.ars.dg.ask("en02", "Quel périscope ?")
    meeting.close(table.ars.dg)
    say(table.og.dg, "Un autre périscope.")
    og, ars = (Visitor(app).enter(person.email) for person in (table.og.dg, table.ars.dg))
    address = f"/negociations/{table.id}/recherche?q=periscope"
    assert passages(og.get(address).text) == 4
    assert passages(ars.get(address).text) == 3
    assert passages(ars.get(f"{address}&dans=message").text) == 2
    assert passages(ars.get(f"{address}&seance={seance}").text) == 1
    assert passages(og.get(f"{address}&seance={seance}").text) == 2
    assert passages(ars.get(f"{address}&seance=inconnue&dans=inconnu").text) == 3


def test_a_message_that_is_found_is_on_the_page_that_its_link_opens(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    found = say(table.og.dg, "Le périscope.")
    for number in range(PAGE * 2):
        say(table.og.dg, f"Mot {number}.")
    ars = Visitor(app).enter(table.ars.dg.email)
    page = ars.get(f"/negociations/{table.id}/recherche?q=periscope").text
    link = re.search(rf'href="([^"#]+)#message-{found}"', page)
    assert link is not None
    shown = ars.get(unescape(link[1])).text
    assert f'id="message-{found}"' in shown
    assert "Mot 5." in shown
    assert ars.get(unescape(link[1]).replace(found, "inconnu")).status_code == 404


def passages(page: str) -> int:
    return page.count('class="passage"')


def say(person: Person, text: str, *, circle: Circle = SHARED, seance_id: str | None = None) -> str:
    with person.table.store.unit_of_work(Announcing.SILENT) as uow:
        return send_message(uow, person.actor, circle=circle, text=text, seance_id=seance_id)
