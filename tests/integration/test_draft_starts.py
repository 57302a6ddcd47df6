"""A text that changes under an open draft: its writers are told, choose, and lose no word."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import StaleClause
from negotiation.rules.vocabulary import SHARED, Gesture, Role
from negotiation.services.adding import NewClause, add_clause
from negotiation.services.draft_starts import newer_version, set_aside, start_again, written_since
from negotiation.services.drafting import drafted_text
from negotiation.services.visas import give_visa, set_visa_rule
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.inside import VisaRequest
from tests.drafting_table import Browser, DraftingTable, set_table
from tests.visitors import Visitor


@pytest.fixture
def table(store: Store) -> DraftingTable:
    return set_table(store)


def newer(table: DraftingTable, name: str = "og.dg", side: str = "commune") -> int | None:
    with table.table.store.reading() as session:
        found = newer_version(session, table.person(name).actor, table.clause_id, side=side)
        return found.number if found else None


def asides(table: DraftingTable, name: str = "og.dg", side: str = "commune") -> list[str]:
    with table.table.store.reading() as session:
        return [each.text for each in set_aside(session, table.person(name).actor, table.clause_id, side=side)]


def reopen(table: DraftingTable, name: str) -> None:
    table.table.og.dg.reopen(name)
    for seat in (table.table.ars, table.table.cd):
        seat.dg.consent(name)


def drafted(table: DraftingTable, clause_id: str, side: str = "commune") -> str | None:
    with table.table.store.reading() as session:
        return drafted_text(session, table.person("og.dg").actor, clause_id, side=side)


def test_words_nobody_proposed_are_kept_when_a_reopened_clause_starts_again(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    alice.push(alice.type("Pas encore proposé."))
    table.agree()
    table.reopen()
    assert drafted(table, table.clause_id) == "Texte accordé"
    assert asides(table) == asides(table, "ars.dg") == ["Le **contrat**.\n\nPas encore proposé."]


def test_a_value_nobody_proposed_is_kept_beside_the_words(app: Flask) -> None:
    table, name = set_table(app.extensions["store"]), "i01.targets.2027"
    clause_id = table.table.clause_id(name)
    for typed, agreed in (("94,5", "95"), ("94,5,", "96"), ("95,0", "97")):
        alice = Browser(table, "og.dg", part="i01")
        alice.push(alice.value(typed, clause_id))
        table.table.agree(name, f"Nous visons {agreed}.", value=agreed)
        reopen(table, name)
    ars = Visitor(app).enter(table.person("ars.dg").email)
    for place in ("table-commune", "fragment/carte?onglet=table-commune"):
        page = ars.get(f"/clauses/{clause_id}/{place}").text
        assert sorted(re.findall(r"Valeur mise de côté.*?<b>(.*?)</b>", page, re.DOTALL)) == ["94,5,", "94,5\u00a0%"]
        assert 'data-put-value="94,5"' in page
        assert "Mots mis de côté" not in page


def test_a_draft_nobody_wrote_in_leaves_nothing_behind(table: DraftingTable) -> None:
    Browser(table, "og.dg")
    table.agree()
    table.reopen()
    assert asides(table) == []


def test_starting_again_sets_the_words_of_that_draft_aside_for_its_readers_alone(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg", side="ours")
    alice.push(alice.type("Entre nous."))
    table.table.ars.dg.propose("k01.markdown", "La version de l’ARS.")
    assert newer(table, side="ours") == 1
    version = table.table.current("k01.markdown")
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        actor = table.person("og.dg").actor
        with pytest.raises(StaleClause):
            start_again(uow, actor, table.clause_id, side="ours", seen="une autre")
        start_again(uow, actor, table.clause_id, side="ours", seen=version.fingerprint if version else "")
    assert drafted(table, table.clause_id, "ours") == "La version de l’ARS."
    assert newer(table, side="ours") is None
    assert asides(table, side="ours") == ["Le **contrat**.\n\nEntre nous."]
    assert asides(table, "ars.dg", side="ours") == asides(table) == []

    # Beside it the writing goes on, with what was typed before anybody heard of it.
    alice.push(alice.type("Plus loin.", table.other_clause_id))
    assert drafted(table, table.other_clause_id, "ours") == "Plus loin."


def test_a_draft_begins_with_the_version_on_the_table_whatever_the_clock_says(table: DraftingTable) -> None:
    table.table.ars.dg.propose("k01.markdown", "La version de l’ARS.", at=now() + timedelta(minutes=1))
    alice = Browser(table, "og.dg")
    alice.push(alice.type("Ce que nous y ajoutons."))
    assert newer(table) is None
    with table.table.store.reading() as session:
        written = written_since(session, table.clause_id, circle=SHARED)
    assert written is not None and written.text.endswith("Ce que nous y ajoutons.")
    table.table.cd.dg.counter("k01.markdown", "La version du Département.", at=now() - timedelta(days=1))
    assert newer(table) == 2
    table.table.og.dg.accept("k01.markdown")
    table.table.ars.dg.accept("k01.markdown")
    reopen(table, "k01.markdown")
    alice.open()
    bruno = Browser(table, "ars.dg")
    bruno.push(bruno.type("Rouverte."))
    assert newer(table) is None


def test_a_clause_added_to_a_part_can_be_written_in_the_drafts_that_are_open(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        added = add_clause(uow, table.person("og.dg").actor, table.part_id, NewClause(label="Une de plus"))
    assert drafted(table, added) == ""
    alice.open()
    alice.push(alice.type("Écrit dans la nouvelle.", added))
    assert drafted(table, added) == "Écrit dans la nouvelle."


def test_the_page_announces_a_later_version_until_somebody_chooses(app: Flask) -> None:
    table = set_table(app.extensions["store"])
    alice = Browser(table, "og.dg")
    alice.push(alice.type("Des mots communs."))
    og, place = Visitor(app).enter(table.person("og.dg").email), f"/clauses/{table.clause_id}/table-commune"
    assert "Une nouvelle version" not in og.get(place).text
    table.table.ars.dg.propose("k01.markdown", "La version de l’ARS.")
    page = og.get(place).text
    assert "Repartir de la version 1" in page
    seen = re.search(r'action="/clauses/[^"]+/depart.*?name="seen_fingerprint" value="([^"]+)"', page, re.DOTALL)
    fields = {"draft": "commune", "seen_fingerprint": seen[1] if seen else "", "act": "keep"}
    assert og.post(f"/clauses/{table.clause_id}/depart", fields).status_code == 302
    page = og.get(place).text
    assert "Repartir de la version" not in page
    assert "Des mots communs" in page
    table.table.cd.dg.counter("k01.markdown", "La version du Département.")
    version = table.table.current("k01.markdown")
    fields |= {"seen_fingerprint": version.fingerprint if version else "", "act": "start"}
    assert og.post(f"/clauses/{table.clause_id}/depart", fields).status_code == 302
    page = og.get(place).text
    assert "La version du Département" in page
    assert "Mots mis de côté" in page
    assert "Des mots communs" in page


def test_what_was_proposed_from_a_draft_is_no_news_to_it(app: Flask) -> None:
    table = set_table(app.extensions["store"])
    alice = Browser(table, "og.dg")
    alice.push(alice.type("Des mots communs."))
    og = Visitor(app).enter(table.person("og.dg").email)
    sent = og.post(f"/clauses/{table.clause_id}/moves", {"move": "proposal", "draft": "commune", "origin": "party"})
    assert sent.status_code == 302
    alice.push(alice.type("Puis d’autres."))
    assert newer(table) is None


def test_what_left_a_draft_with_a_visa_is_no_news_to_it_either(app: Flask) -> None:
    table = set_table(app.extensions["store"])
    director = table.person("og.dg").actor
    alice = Browser(table, "og.redac", side="ours")
    alice.push(alice.type("Entre nous."))
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, director, Gesture.PROPOSAL, Role.NEGOTIATOR)
    redac = Visitor(app).enter(table.person("og.redac").email)
    sent = redac.post(f"/clauses/{table.clause_id}/moves", {"move": "proposal", "draft": "ours", "origin": "party"})
    assert sent.status_code == 302
    alice.push(alice.type("Puis d’autres."))
    assert newer(table, side="ours") is None
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        request_id = uow.session.execute(select(col(VisaRequest.id))).scalar_one()
        give_visa(uow, director, request_id)
    assert table.table.current("k01.markdown") is not None
    assert newer(table, side="ours") is None
