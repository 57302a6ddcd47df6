"""« Notre côté » through pages, and what the others' pages, sockets and chains show meanwhile: nothing."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.vocabulary import Gesture, Role, VisaState
from negotiation.services.mandates import Terms, set_mandate
from negotiation.services.visas import set_visa_rule
from negotiation.store import Announcing
from negotiation.store.columns import now
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.inside import VisaRequest
from negotiation.store.people import Delegation
from negotiation.store.record import HistoryEntry, Outbox
from tests.builders import Person, Table, a_table
from tests.crawling import crawl, differing, ids_of
from tests.databases import is_short_run
from tests.visitors import Visitor, told
from tests.visitors import asks as sock_asks

CLAUSE = "en01"
ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    """ARS has a text on the table; in the gestionnaire's party a negotiator's visa is asked, and there is a mandate."""
    found = a_table(app.extensions["store"])
    found.ars.dg.propose(CLAUSE, "Le taux atteint 97 % en 2028.", value="97")
    with found.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, found.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
        terms = Terms(floor="93", ceiling="95", fallback="Un repli à 93 %.", leeway="Deux points.")
        set_mandate(uow, found.og.dg.actor, found.clause_id(CLAUSE), terms)
    return found


def enter(app: Flask, person: Person) -> Visitor:
    return Visitor(app).enter(person.email)


def counter(visitor: Visitor, table: Table, text: str = "Le taux atteint 94 % en 2028.", **told: Any) -> Any:
    current = table.current(CLAUSE)
    assert current is not None
    fields = {
        "move": "counter_proposal",
        "text": text,
        "value": "94",
        "motive": "Nos effectifs.",
        "words": "Pour jeudi.",
        "seen_number": str(current.number),
        "seen_fingerprint": current.fingerprint,
    }
    return visitor.post(f"/clauses/{table.clause_id(CLAUSE)}/moves", fields | told)


def requests(table: Table) -> list[VisaRequest]:
    with table.store.reading() as session:
        return list(session.execute(select(VisaRequest).order_by(col(VisaRequest.asked_at))).scalars())


def decide(visitor: Visitor, table: Table, way: str, **told: Any) -> Any:
    waiting = [each.id for each in requests(table) if each.state is VisaState.WAITING]
    return visitor.post(f"/negociations/{table.id}/interne/visas/{way}", {"visa": waiting} | told)


# ---------------------------------------------------------------------- inside


@ONCE
def test_a_drafter_asks_and_a_negotiator_lets_it_go(app: Flask, table: Table) -> None:
    redac, dg = enter(app, table.og.redac), enter(app, table.og.dg)
    asked = counter(redac, table)
    assert asked.status_code == 302
    page = redac.get(asked.location).text
    for words in ("en attente de visa", "Nos effectifs.", "Pour jeudi.", "Membre dg", "Ce que voient les autres"):
        assert words in page
    assert "Donner le visa" not in page
    ours = dg.get(f"/negociations/{table.id}/interne").text
    assert "Votre visa est attendu" in ours
    assert decide(dg, table, "donner", back=table.clause_id(CLAUSE)).status_code == 302
    tabled = table.current(CLAUSE)
    assert tabled is not None
    assert (tabled.number, tabled.value, tabled.member_id) == (2, "94", table.og.redac.member.id)
    assert "Visa donné" in dg.get(f"/negociations/{table.id}/interne").text


@ONCE
def test_changing_the_text_replaces_the_request(app: Flask, table: Table) -> None:
    redac = enter(app, table.og.redac)
    counter(redac, table)
    address = f"/clauses/{table.clause_id(CLAUSE)}/visas/{requests(table)[0].id}"
    form = redac.get(address).text
    assert "Le taux atteint 94 % en 2028.</textarea>" in form
    assert f'name="replaces" value="{requests(table)[0].id}"' in form
    assert counter(redac, table, "Le taux atteint 94,5 %.", replaces=requests(table)[0].id).status_code == 302
    states = sorted((each.state, each.text) for each in requests(table))
    assert states == [
        (VisaState.CANCELLED, "Le taux atteint 94 % en 2028."),
        (VisaState.WAITING, "Le taux atteint 94,5 %."),
    ]
    for visitor in (enter(app, table.og.dg), enter(app, table.ars.dg)):
        assert visitor.get(address).status_code == 404


@ONCE
def test_what_goes_outside_the_mandate_comes_back_with_every_word(app: Flask, table: Table) -> None:
    redac = enter(app, table.og.redac)
    warned = counter(redac, table, value="91")
    assert warned.status_code == 409
    for words in ("hors mandat", "Nos effectifs.", "Pour jeudi.", "au moins", 'name="despite_mandate"', 'value="91"'):
        assert words in warned.text
    assert requests(table) == []
    replaced = counter(redac, table, value="91", fallback="1")
    assert replaced.status_code == 200
    assert "Un repli à 93 %.</textarea>" in replaced.text
    assert "Nos effectifs." in replaced.text
    assert counter(redac, table, value="91", despite_mandate="1").status_code == 302
    assert "Hors mandat" in enter(app, table.og.dg).get(f"/negociations/{table.id}/interne").text


@ONCE
def test_accepting_outside_the_mandate_asks_once_more(app: Flask, table: Table) -> None:
    dg = enter(app, table.og.dg)
    current = table.current(CLAUSE)
    assert current is not None
    warned = counter(dg, table, move="acceptance", text="", motive="")
    assert warned.status_code == 409
    assert "hors mandat" in warned.text
    listed = f"{table.clause_id(CLAUSE)} {current.number} {current.fingerprint}"
    whole = dg.post(f"/negociations/{table.id}/ensemble/accords", {"clause": listed})
    assert whole.status_code == 409
    assert "1 clause sort" in whole.text.replace("\u00a0", " ")
    assert listed in whole.text
    again = {"clause": listed, "despite_mandate": "1"}
    assert dg.post(f"/negociations/{table.id}/ensemble/accords", again).status_code == 302
    assert table.og.id in table.clause(CLAUSE).behind


@ONCE
def test_a_whole_part_that_waits_for_its_visa_says_for_how_much_and_where(app: Flask, table: Table) -> None:
    redac, address = enter(app, table.og.redac), f"/negociations/{table.id}/ensemble"
    asked = redac.post(f"{address}/propositions", {"part": [table.part_id("fa01")]})
    count = len(requests(table))
    assert count > 1
    page = redac.get(asked.location).text.replace("\u00a0", " ")
    assert f"{count} visas demandés, qui attendent dans « Notre côté »." in page
    assert f"Visa demandé pour {count} clauses." in page
    assert "dès qu’un négociateur de votre partie" in page
    assert f'href="/negociations/{table.id}/interne#visas"' in page
    assert "Visa demandé" not in enter(app, table.ars.dg).get(address).text


@ONCE
def test_a_refusal_without_words_is_asked_again_in_place(app: Flask, table: Table) -> None:
    counter(enter(app, table.og.redac), table)
    dg = enter(app, table.og.dg)
    assert decide(dg, table, "refuser", answer=" ").status_code == 422
    assert decide(dg, table, "refuser", answer="Pas sans le président.").status_code == 302
    assert "Pas sans le président." in dg.get(f"/negociations/{table.id}/interne").text


@ONCE
def test_a_text_that_moved_is_shown_to_redo(app: Flask, table: Table) -> None:
    redac = enter(app, table.og.redac)
    counter(redac, table)
    table.cd.dg.counter(CLAUSE, "Le taux atteint 96 %.", value="96")
    page = redac.get(f"/negociations/{table.id}/interne").text
    assert "À reprendre" in page
    assert f"/clauses/{table.clause_id(CLAUSE)}/reprendre?visa={requests(table)[0].id}" in page
    assert decide(enter(app, table.og.dg), table, "donner").status_code == 409
    assert [each.state for each in requests(table)] == [VisaState.WAITING]


@ONCE
def test_a_mandate_is_changed_in_place_and_a_wrong_one_is_kept(app: Flask, table: Table) -> None:
    dg, address = enter(app, table.og.dg), f"/clauses/{table.clause_id(CLAUSE)}/mandat"
    wrong = dg.post(address, {"mandate": "1", "floor": "96", "ceiling": "95", "leeway": "Un mot gardé."})
    assert wrong.status_code == 422
    assert "Le plancher dépasse le plafond." in wrong.text
    assert "Un mot gardé.</textarea>" in wrong.text
    assert dg.post(address, {"floor": "92,5", "ceiling": "95"}).status_code == 302
    assert re.search(r"92,5[^<]*au moins", dg.get(f"/clauses/{table.clause_id(CLAUSE)}").text)
    assert enter(app, table.og.redac).post(address, {"floor": "1"}).status_code == 403


@ONCE
def test_the_rules_are_the_administrators(app: Flask, table: Table) -> None:
    address, rules = f"/negociations/{table.id}/interne/regles", {"proposal": "aucun", "acceptance": "signatory"}
    assert enter(app, table.og.redac).post(address, rules).status_code == 403
    dg = enter(app, table.og.dg)
    assert dg.post(address, {"proposal": "reader"}).status_code == 422
    assert dg.post(address, rules).status_code == 302
    assert counter(enter(app, table.og.redac), table).status_code == 302
    assert requests(table) == []


@ONCE
def test_a_partner_has_an_inside_without_visa_nor_mandate(app: Flask) -> None:
    table = a_table(app.extensions["store"], parties=["og", "ars", "asso"])
    page = enter(app, table.asso.com).get(f"/negociations/{table.id}/interne")
    assert page.status_code == 200
    assert "ni visa ni mandat" in page.text
    assert "Fixer un mandat" not in enter(app, table.asso.com).get(f"/clauses/{table.clause_id(CLAUSE)}").text


# ---------------------------------------------------------------------- outside


def asks(app: Flask, table: Table) -> None:
    assert counter(enter(app, table.og.redac), table).status_code == 302


def asks_and_is_refused(app: Flask, table: Table) -> None:
    asks(app, table)
    assert decide(enter(app, table.og.dg), table, "refuser", answer="Non.").status_code == 302


def asks_and_cancels(app: Flask, table: Table) -> None:
    asks(app, table)
    assert decide(enter(app, table.og.redac), table, "annuler").status_code == 302


def sets_a_mandate(app: Flask, table: Table) -> None:
    fields = {"floor": "90", "fallback": "Un autre repli.", "leeway": "Trois points."}
    assert enter(app, table.og.dg).post(f"/clauses/{table.clause_id(CLAUSE)}/mandat", fields).status_code == 302


def sets_the_rules(app: Flask, table: Table) -> None:
    rules = {"proposal": "signatory", "acceptance": "negotiator"}
    assert enter(app, table.og.dg).post(f"/negociations/{table.id}/interne/regles", rules).status_code == 302


def lends_a_voice(app: Flask, table: Table) -> None:
    lender, delegate, today = table.og.dg.member, table.og.redac.member, now().date()
    with table.store.unit_of_work() as uow:
        uow.session.add(
            Delegation(
                negotiation_id=table.id,
                party_id=table.og.id,
                circle=str(table.og.inside),
                from_member_id=lender.id,
                to_member_id=delegate.id,
                starts_on=today,
                ends_on=today,
                set_by=lender.id,
            )
        )


def shared_rows(table: Table) -> tuple[Any, ...]:
    """Chains, announcements, moves and versions that are not of one party alone."""
    with table.store.reading() as session:
        found = [
            sorted(session.execute(select(row.id).where(~row.circle.startswith("party:"))).scalars())  # type: ignore[attr-defined]
            for row in (HistoryEntry, Outbox, MoveRow)
        ]
        versions = list(session.execute(select(col(Version.id))).scalars())
    return found, versions, table.clause(CLAUSE).model_dump()


ACTS = (asks_and_is_refused, asks_and_cancels, sets_a_mandate, asks, lends_a_voice, sets_the_rules)


@ONCE
def test_nothing_done_inside_changes_a_byte_outside(app: Flask, table: Table) -> None:
    """Pages, headers, sockets, announcements, rows: of the other authority, and of the party that waits for us."""
    ids = ids_of(table.store, table.id) | {"clause_id": [table.clause_id(CLAUSE)], "visa_id": []}
    others = ("ars",) if is_short_run() else ("ars", "cd")
    readers = {key: enter(app, getattr(table, key).dg) for key in others}
    sockets = [reader.open_socket() for reader in readers.values()]
    for socket in sockets:
        assert sock_asks(socket, "watch_table", {"negotiation": table.id}) == {"ok": True}
        socket.get_received()
    asked = {"clause_id": [], "negotiation_id": []}
    before = {key: crawl(reader, ids, asked=asked) for key, reader in readers.items()}
    rows = shared_rows(table)
    for act in ACTS:
        act(app, table)
        assert shared_rows(table) == rows
    for key, reader in readers.items():
        after = crawl(reader, ids, asked=asked)
        assert differing(before[key], after) == []
        assert {each: answer.header("ETag") for each, answer in after.items()} == {
            each: answer.header("ETag") for each, answer in before[key].items()
        }
    assert [told(socket, "page_changed") for socket in sockets] == [[] for _ in others]


@ONCE
def test_what_leaves_bears_the_hour_and_the_number_of_its_departure(app: Flask, table: Table) -> None:
    asks_and_cancels(app, table)
    asks(app, table)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        waiting = uow.session.execute(select(VisaRequest).where(col(VisaRequest.state) == VisaState.WAITING))
        request = waiting.scalar_one()
        request.asked_at = request.asked_at.replace(year=2020)
    before = now()
    assert decide(enter(app, table.og.dg), table, "donner").status_code == 302
    tabled, clause = table.current(CLAUSE), table.clause(CLAUSE)
    assert tabled is not None
    assert tabled.number == clause.versions == 2
    assert tabled.tabled_at >= before
    assert clause.moved_on is not None
    assert clause.moved_on >= before
    with table.store.reading() as session:
        shared = select(col(HistoryEntry.sequence)).where(
            col(HistoryEntry.negotiation_id) == table.id, col(HistoryEntry.circle) == "shared"
        )
        sequences = sorted(session.execute(shared).scalars())
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences))), "no gap tells of what didn't leave"


@ONCE
def test_every_form_that_proposes_says_that_a_visa_is_asked(app: Flask, table: Table) -> None:
    table.og.dg.counter(CLAUSE, "Le taux atteint 94 % en 2028.", value="94")
    table.ars.dg.counter(CLAUSE, "Le taux atteint 96 % en 2028.", value="96")
    page = enter(app, table.og.redac).get(f"/clauses/{table.clause_id(CLAUSE)}/proposition").text
    competing = page[page.index("Proposer une autre rédaction") :]
    assert "Demander le visa" in competing[: competing.index("</form>")]
