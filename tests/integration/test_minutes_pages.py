"""The page of a relevé: whoever may draws it up, each party approves or asks a correction, everybody keeps the PDF."""

from datetime import timedelta

import pytest
from flask import Flask

from negotiation.rules.seances import DecisionKind
from negotiation.store.columns import now
from tests.builders import Table, a_table
from tests.closing_table import an_agreed_table, freeze
from tests.form_fields import fields_of
from tests.minutes_table import Relevé
from tests.seance_table import Meeting, an_open_seance
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    """Over, with a decision of each kind that has words."""
    table = a_table(app.extensions["store"], parties=3)
    table.og.dg.propose("en01", "Nous visons 90 %.", value=90, at=now() - timedelta(days=1))
    opened = an_open_seance(table, table.ars.dg)
    opened.agree(table.ars.dg, "en01")
    opened.record(table.cd.dg, DecisionKind.RESERVE, "en01", text="Le budget n’est pas voté.")
    opened.a_minute_passes()
    opened.close(table.ars.dg)
    return opened


@pytest.fixture
def table(meeting: Meeting) -> Table:
    return meeting.table


def here(meeting: Meeting) -> str:
    return f"/negociations/{meeting.table.id}/seances/{meeting.id}/releve"


def entered(app: Flask, email: str) -> Visitor:
    return Visitor(app).enter(email)


def approves(visitor: Visitor, address: str) -> str:
    """The button of the page, with every field that its form holds."""
    fields = fields_of(visitor.get(address).text, action=f"{address}/approbation")
    return visitor.post(f"{address}/approbation", fields, follow_redirects=True).text


def test_it_is_drawn_up_by_a_click_then_approved_by_three_others(app: Flask, meeting: Meeting, table: Table) -> None:
    address = here(meeting)
    ars, reader = entered(app, table.ars.dg.email), entered(app, table.cd.lect.email)
    assert "Établir le relevé" not in reader.get(address).text
    assert "Établir le relevé" in ars.get(address).text
    drawn = ars.post(address, follow_redirects=True).text
    assert "Le relevé est établi" in drawn
    assert "Approuvé par 0 sur 3" in drawn
    assert "Nous visons 90" in drawn
    assert "Votre approbation est enregistrée" in approves(ars, address)
    approves(entered(app, table.og.dg.email), address)
    assert "Approuvé par 2 sur 3" in reader.get(address).text
    last = approves(entered(app, table.cd.dg.email), address)
    assert "le relevé est figé" in last
    view = Relevé(table, meeting.id).view
    assert view.content_hash[:4] in last
    pdf = reader.get(f"{address}.pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert "projet" not in pdf.headers["Content-Disposition"]
    history = reader.get(f"/negociations/{table.id}/historique").text
    assert "est approuvé par toutes les parties" in history
    assert f'href="{address}"' in history


def test_a_party_asks_a_correction_that_all_read(app: Flask, meeting: Meeting, table: Table) -> None:
    address = here(meeting)
    ars = entered(app, table.ars.dg.email)
    ars.post(address)
    form = fields_of(ars.get(address).text, action=f"{address}/correction")
    empty = ars.post(f"{address}/correction", form)
    assert empty.status_code == 422
    said = ars.post(f"{address}/correction", form | {"motive": "L’heure est fausse."}, follow_redirects=True).text
    assert "Votre demande de correction" in said
    other = entered(app, table.og.dg.email).get(address).text
    assert "demande une correction" in other
    assert "L’heure est fausse." in other


def test_a_changed_passage_shows_its_marks_and_its_part_opens_like_any_text(
    app: Flask, meeting: Meeting, table: Table
) -> None:
    address = here(meeting)
    og = entered(app, table.og.dg.email)
    og.post(address)
    relevé = Relevé(table, meeting.id)
    card = relevé.cards["seance"]
    page = og.get(f"/clauses/{card.id}")
    assert page.status_code == 200
    assert "Relevé de décisions" in page.text
    assert "Écarter" not in page.text
    current = relevé.seen("seance")
    og.post(
        f"/clauses/{card.id}/moves",
        {
            "move": "counter_proposal",
            "text": card.text + "\n\nUne précision.",
            "motive": "Il manquait.",
            "seen_number": str(current.number),
            "seen_fingerprint": current.fingerprint,
        },
    )
    shown = og.get(address).text
    assert "Écarts avec la version 1" in shown
    assert "Une précision." in shown
    assert "Il manquait." in shown
    for path in ("", "/texte", "/synoptique", "/versions", "/ensemble", "/recherche?q=Relev%C3%A9", "/calendrier"):
        assert og.get(f"/negociations/{table.id}{path}", follow_redirects=True).status_code == 200


def test_whoever_closes_the_seance_finds_its_relevé(app: Flask) -> None:
    table = a_table(app.extensions["store"], parties=3)
    opened = an_open_seance(table, table.ars.dg)
    ars = entered(app, table.ars.dg.email)
    page = ars.post(f"/negociations/{table.id}/seances/{opened.id}/cloture", follow_redirects=True).text
    assert "La séance est close, et son relevé de décisions établi." in page
    assert f'href="{here(opened)}"' in page
    assert "Approuvé par 0 sur 3" in ars.get(here(opened)).text


def test_after_the_gel_a_relevé_is_corrected_on_its_pages_and_the_contract_is_not(app: Flask) -> None:
    table = an_agreed_table(app.extensions["store"])
    freeze(table)
    meeting = an_open_seance(table, table.ars.dg, title="Comité de suivi")
    meeting.record(table.cd.dg, DecisionKind.TASK, text="Transmettre l’ERRD.")
    meeting.a_minute_passes()
    og = entered(app, table.og.dg.email)
    assert og.get(f"/negociations/{table.id}/seances/{meeting.id}").status_code == 200
    meeting.close(table.ars.dg)
    assert "Le relevé est établi" in og.post(here(meeting), follow_redirects=True).text
    passage = Relevé(table, meeting.id).cards["actions"]
    for card_id, is_open in ((passage.id, True), (table.clause_id("en01"), False)):
        page = og.get(f"/clauses/{card_id}/proposition").text
        assert ('value="counter_proposal"' in page) is is_open
        assert ("cette clause ne change plus que par avenant" in page.replace("\u00a0", " ")) is not is_open
        drafted = og.get(f"/clauses/{card_id}/table-commune").text
        assert ('data-editable="true" data-open="now"' in drafted) is is_open
        assert ("plus personne n’écrit ici" in drafted) is not is_open
    assert "Votre approbation est enregistrée" in approves(og, here(meeting))
    for seat in (table.ars, table.cd):
        approves(entered(app, seat.dg.email), here(meeting))
    approved = og.get(f"/clauses/{passage.id}/table-commune").text
    assert "Ce document est approuvé" in approved
    assert 'data-editable="false"' in approved
