"""People of a séance whose seat changes meanwhile: who chairs without the right, who goes before he ever came."""

import pytest
from flask import Flask

from negotiation.errors import NotAllowed
from negotiation.rules.seances import DecisionKind
from negotiation.rules.vocabulary import TaskState
from negotiation.services.members import Seat
from negotiation.services.seance_attendance import note_guest, note_present
from negotiation.services.seances import take_chair
from negotiation.services.tasks import settle_task
from negotiation.store import Store
from tests.builders import Table, a_table
from tests.membership import changes, invites, member, removes
from tests.seance_table import an_open_seance
from tests.visitors import Visitor


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=3)


def test_whoever_may_not_chair_any_more_only_keeps_the_chair_warm(table: Table) -> None:
    chair = table.ars.redac
    meeting = an_open_seance(table, chair)
    changes(table.ars.dg, chair.member.id, Seat("Chargée de mission", ("lecteur",)))
    with pytest.raises(NotAllowed):
        meeting.close(chair)
    with table.store.unit_of_work() as uow:
        take_chair(uow, table.og.dg.actor, meeting.id, instead_of=chair.member.id)
    meeting.close(table.og.dg)


def test_whoever_was_seen_in_the_room_was_there_even_once_his_invitation_is_withdrawn(table: Table) -> None:
    meeting, chair = an_open_seance(table, table.ars.dg), table.ars.dg.actor
    invited = invites(table.og.dg, seat=Seat("Directrice financière", ("redacteur",))).member_id
    with table.store.unit_of_work() as uow:
        note_guest(uow, chair, meeting.id, party_id=table.og.id, name="Directrice financière")
        note_present(uow, chair, meeting.id, invited)
    removes(table.og.dg, invited)
    assert member(table) is None
    there = [each for each in meeting.seen_by(table.cd.lect).attendance if each.party_id == table.og.id]
    assert [(each.member_id, each.name) for each in there] == [(None, "Directrice financière")] * 2
    assert all(each.is_present for each in there)
    with table.store.unit_of_work() as uow:
        note_guest(uow, chair, meeting.id, party_id=table.og.id, name="Directrice financière")


def test_what_there_was_to_do_stays_once_the_invitation_of_whoever_had_it_is_withdrawn(
    app: Flask, table: Table
) -> None:
    meeting = an_open_seance(table, table.ars.dg)
    invited = invites(table.og.dg, seat=Seat("Directrice financière", ("redacteur",))).member_id
    decision = meeting.record(table.ars.dg, DecisionKind.TASK, text="Chiffrer le poste.", owner=invited)
    meeting.a_minute_passes()
    task_id = meeting.decided(decision).task_id
    assert task_id
    with table.store.unit_of_work() as uow:
        settle_task(uow, table.og.dg.actor, task_id, TaskState.DONE)
    removes(table.og.dg, invited)
    visitor = Visitor(app).enter(table.cd.lect.email)
    tasks = visitor.get(f"/negociations/{table.id}/taches?etat=toutes")
    assert "Chiffrer le poste." in tasks.text and "Personne retirée" in tasks.text
    seance = visitor.get(f"/negociations/{table.id}/seances/{meeting.id}")
    assert seance.status_code == 200 and "par une personne retirée" in seance.text
