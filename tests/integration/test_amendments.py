"""An avenant: a signed contract is negotiated again from its signed text, and never changes itself."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AmendmentPending, InvalidInput, NotAllowed, NotFound, NotSigned
from negotiation.rules.amendment import AmendmentKind, Asked
from negotiation.rules.notices import MailKind
from negotiation.rules.vocabulary import Circle, ClauseState, Gesture, Right, Role
from negotiation.services.amending import Wanted, open_amendment
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.members import Carried, Seat, invite
from negotiation.services.moves import situation_of
from negotiation.services.visa_rules import set_visa_rule
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.contract import Clause
from negotiation.store.inside import VisaRule
from negotiation.store.notifying import Mail
from negotiation.store.people import Member
from negotiation.store.queries.told_at import told_at
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table, a_table
from tests.scenarios import scenario

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def wanted(contract: Table, *clauses: str, **changed: Any) -> Wanted:
    asked = {
        "kind": AmendmentKind.CHANGE,
        "reason": "La file active a changé.",
        "effect_on": contract.negotiation().contract_start,
    }
    return Wanted(Asked(**asked | changed), "og", tuple(contract.clause_id(each) for each in clauses))


def amend(person: Person, asked: Wanted) -> Table:
    with person.table.store.unit_of_work(Announcing.SILENT) as uow:
        return Table(person.table.store, open_amendment(uow, person.actor, asked))


def facts(table: Table, kind: str) -> list[dict[str, Any]]:
    query = select(col(HistoryEntry.payload)).where(
        col(HistoryEntry.negotiation_id) == table.id, col(HistoryEntry.kind) == kind
    )
    with table.store.reading() as session:
        return [json.loads(payload) for payload in session.execute(query).scalars()]


@pytest.fixture
def contract(store: Store) -> Table:
    """As a file declares it signed."""
    return a_table(store, scenario(status="signed"))


def content(table: Table) -> dict[str, Any]:
    with table.store.reading() as session:
        return contract_as_it_stands(session, table.id).content


def test_an_avenant_holds_the_whole_signed_text_and_opens_what_was_chosen(contract: Table) -> None:
    signed = content(contract)
    avenant = amend(contract.og.dg, wanted(contract, "en01"))
    held = content(avenant)
    own, *parts = held["parts"]
    assert [part["key"] for part in parts] == [part["key"] for part in signed["parts"]]
    assert held["establishments"] == signed["establishments"]
    assert held["framework"] == signed["framework"]
    assert own["title"] == "Avenant n° 1"
    assert (avenant.state("en01"), avenant.state("en02")) == (ClauseState.REOPENED, ClauseState.AGREED)
    assert (held["amendment"]["number"], held["amendment"]["dropped"]) == (1, [])
    assert "before" not in json.dumps(parts)


def test_its_chain_begins_with_what_it_amends_and_the_contracts_says_that_it_was_opened(contract: Table) -> None:
    before = content(contract)
    avenant = amend(contract.og.dg, wanted(contract, "en01"))
    (opened,) = facts(avenant, "negotiation.opened")
    (told,) = facts(contract, "avenant.opened")
    assert opened["amends"]["negotiation"] == contract.negotiation().key == avenant.negotiation().follows
    assert opened["amends"]["head"]["seq"] >= 1
    assert opened["reopened"] == [avenant.clause_id("en01")]
    assert (told["avenant"], told["number"]) == (avenant.negotiation().key, 1)
    assert content(contract) == before


def test_what_is_agreed_anew_says_what_was_signed(contract: Table) -> None:
    avenant = amend(contract.og.dg, wanted(contract, "k01.markdown"))
    signed = contract.clause("k01.markdown").working_text
    avenant.agree("k01.markdown", "L’objet est revu tous les deux ans.")
    marked = [node for node in _clauses(content(avenant)["parts"]) if "before" in node]
    (changed,) = [node for node in marked if node["before"] is not None]
    assert changed["text"] == "L’objet est revu tous les deux ans."
    assert changed["before"] == {"text": signed, "value_text": ""}
    assert {node["field"] for node in marked} == {"markdown", "purpose", "reason", "effect", "unchanged"}


def _clauses(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [node for part in parts for node in (*part["clauses"], *_clauses(part["parts"]))]


def test_what_it_did_not_open_is_reopened_by_all_only(contract: Table) -> None:
    avenant = amend(contract.og.dg, wanted(contract, "en01"))
    avenant.og.dg.reopen("en02")
    assert avenant.state("en02") is ClauseState.AGREED
    avenant.ars.dg.consent("en02")
    assert avenant.state("en02") is ClauseState.REOPENED


def test_at_a_date_it_stands_as_it_was_signed_then_as_it_was_moved(contract: Table) -> None:
    avenant = amend(contract.og.dg, wanted(contract, "k01.markdown", "en01"))
    begun = now()
    avenant.ars.dg.propose("k01.markdown", "L’objet est revu tous les deux ans.")
    avenant.og.dg.reopen("en02")
    with avenant.store.unit_of_work(Announcing.SILENT) as uow:
        told = told_at(uow.session, avenant.id, begun + timedelta(minutes=1))
        before = told_at(uow.session, avenant.id, begun - timedelta(minutes=1))
        clauses = [uow.session.get_one(Clause, each) for each in told]
        assert {each.id: told[each.id].situation for each in clauses} == {
            each.id: situation_of(uow, each) for each in clauses
        }
    assert before[avenant.clause_id("k01.markdown")].situation.state is ClauseState.REOPENED
    assert before[avenant.clause_id("en02")].situation.state is ClauseState.AGREED


def test_each_partys_visas_follow_it_and_stay_inside(store: Store) -> None:
    contract = a_table(store, scenario(status="signed"))
    with store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, contract.ars.dg.actor, Gesture.PROPOSAL, Role.SIGNATORY)
    avenant = amend(contract.og.dg, wanted(contract, "en01"))
    with store.reading() as session:
        query = select(VisaRule).where(col(VisaRule.negotiation_id) == avenant.id)
        (rule,) = session.execute(query).scalars()
    assert (rule.party_id, rule.circle) == (avenant.ars.id, str(Circle.inside(avenant.ars.id)))


def test_whoever_was_invited_and_never_entered_is_invited_anew(contract: Table) -> None:
    email, seat = "attendue@exemple.example", Seat("Chargée de mission", (str(Right.LECTEUR),))
    with contract.store.unit_of_work(Announcing.SILENT) as uow:
        invited = invite(uow, contract.ars.dg.actor, email=email, seat=seat, carried=Carried.BY_HAND).member_id
        key = uow.session.get_one(Member, invited).key
    avenant = amend(contract.og.dg, wanted(contract, "en01"))
    with contract.store.reading() as session:
        query = select(Member).where(col(Member.negotiation_id) == avenant.id)
        members = {member.key: member for member in session.execute(query).scalars()}
        waiting = select(col(Mail.kind), col(Mail.person_id)).where(col(Mail.negotiation_id) == avenant.id)
        mails = session.execute(waiting).all()
    awaited = members[key]
    assert awaited.joined_at is None
    assert awaited.invited_at is not None
    assert awaited.invited_by == members["ars.dg"].id
    assert mails == [(MailKind.INVITATION, awaited.person_id)]
    assert all(member.joined_at for member in members.values() if member is not awaited)


def test_one_avenant_at_a_time_and_each_number_once(contract: Table) -> None:
    amend(contract.og.dg, wanted(contract, "en01"))
    with pytest.raises(AmendmentPending):
        amend(contract.ars.dg, wanted(contract, "en02"))


def test_what_no_avenant_can_be(contract: Table) -> None:
    end = contract.negotiation().contract_end
    extension = {"kind": AmendmentKind.EXTENSION}
    wrong = {
        "reason": wanted(contract, reason="  "),
        "effect_on": wanted(contract, effect_on=date(end.year + 1, 1, 1)),
        "term_after": wanted(contract, **extension, term_after=date(end.year + 2, 12, 31)),
        "clauses": Wanted(wanted(contract).asked, "og", ("nowhere",)),
        "requested_by": Wanted(wanted(contract).asked, "asso"),
    }
    for field, asked in wrong.items():
        with pytest.raises(InvalidInput) as refused:
            amend(contract.og.dg, asked)
        assert refused.value.detail["field"] == field
    with pytest.raises(InvalidInput):
        amend(contract.og.dg, wanted(contract, **extension))
    with pytest.raises(NotAllowed):
        amend(contract.og.lect, wanted(contract))
    assert facts(contract, "avenant.opened") == []


def test_only_what_all_signed_is_amended_and_no_avenant_is(store: Store) -> None:
    contract = a_table(store, scenario(status="signed"))
    avenant = amend(contract.og.dg, wanted(contract, "en01"))
    with pytest.raises(NotFound):
        amend(avenant.og.dg, wanted(avenant))
    negotiated = a_table(store, scenario())
    with pytest.raises(NotSigned):
        amend(negotiated.og.dg, wanted(negotiated))
