"""What a party writes inside an avenant, or inside its contract, is in no page or print of the avenant that another
reads."""

from functools import partial

import pytest
from flask import Flask

from negotiation.rules.amendment import AmendmentKind
from negotiation.rules.vocabulary import Circle, Gesture, Move, Role
from negotiation.services.discussing import send_message
from negotiation.services.orders import Order
from negotiation.services.tasks import Wish, open_task
from negotiation.services.visas import set_visa_rule, submit
from negotiation.store import Announcing
from tests.builders import Table, a_table
from tests.closing_table import DECIDING, closing_scenario
from tests.crawling import Answer, answer_of, faults_of
from tests.databases import is_short_run
from tests.integration.test_amendments import amend, wanted
from tests.integration.test_nothing_leaks import told_in
from tests.secrets_table import Words
from tests.visitors import Visitor

PLACES = (
    "",
    "/versions",
    "/avenants",
    "/avenant/changements",
    "/avenant/changements?vue=colonnes",
    "/avenant/changements/fragment",
    "/version-consolidee.docx",
    *(() if is_short_run() else ("/version-consolidee.pdf", "/projet.pdf", "/historique")),
)
OF_THE_CONTRACT = ("/avenants", "/suivi", "/versions", "/indicateurs")


def _write_inside(table: Table, words: Words, party: str) -> None:
    seat, said = getattr(table, party), partial(words.new, party)
    circle = Circle.inside(seat.id)
    if table.negotiation().frozen_at is None:
        seat.dg.note("en02", f"Une remarque : {said('comment')}.", circle)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        send_message(uow, seat.dg.actor, circle=circle, text=f"Notre ligne : {said('message')}.")
        open_task(uow, seat.dg.actor, Wish(circle, f"Relire {said('task')}", owner=seat.dg.member.id))


def _wait_for_a_visa(avenant: Table, words: Words, party: str) -> None:
    seat = getattr(avenant, party)
    order = Order(Move.PROPOSAL, text=f"Projet : {words.new(party, 'text that waits')}.")
    with avenant.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, seat.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
        submit(uow, seat.redac.actor, avenant.clause_id("en02"), order, words="Vite.")


@pytest.mark.parametrize(
    "database_url",
    [*(["SQLite"] if not is_short_run() else []), pytest.param("PostgreSQL", marks=pytest.mark.postgresql)],
    indirect=True,
)
def test_no_page_or_print_of_an_avenant_tells_what_is_inside_a_party(app: Flask) -> None:
    contract, words = a_table(app.extensions["store"], closing_scenario(status="signed")), Words()
    for party in DECIDING:
        _write_inside(contract, words, party)
    end = contract.negotiation().contract_end
    later = end.replace(year=end.year + 1)
    avenant = amend(contract.og.dg, wanted(contract, "en02", kind=AmendmentKind.EXTENSION, term_after=later))
    for party in DECIDING:
        _write_inside(avenant, words, party)
    for party in ("og", "ars"):
        _wait_for_a_visa(avenant, words, party)
    for party in ("ars", "asso"):
        visitor = Visitor(app).enter(getattr(contract, party).dg.email)
        answers: dict[str, Answer] = {"/": answer_of(visitor.get("/"))}
        for table, places in ((avenant, PLACES), (contract, OF_THE_CONTRACT)):
            for place in places:
                address = f"/negociations/{table.id}{place}"
                answers[address] = answer_of(visitor.get(address))
        assert {address: faults_of(answer) for address, answer in answers.items() if faults_of(answer)} == {}
        assert {answer.status for answer in answers.values()} == {200}
        assert told_in(answers, words.kept_from(party)) == {}
        own = f"/negociations/{avenant.id}/interne"
        if party == "ars":
            inside = {own: answer_of(visitor.get(own))}
            assert told_in(inside, words.open_to(party)), "a secret that its own readers don't meet proves nothing"
