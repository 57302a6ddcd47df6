"""A contract about to be closed: three parties that decide, a partner that doesn't; the département has two people who
may sign. Made by the importer, agreed, frozen and signed through the services."""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.vocabulary import ClauseState
from negotiation.services.bundles import Answer, accept_together, propose_working_texts
from negotiation.services.freezing import Asked, Rendered, render_contract, request_freeze
from negotiation.services.moves import Seen
from negotiation.services.signing import Mandate, Signed, consent_text, sign
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause, ClauseParty
from negotiation.store.exchange import Version
from negotiation.store.people import Party
from negotiation.store.record import FrozenVersion
from tests.builders import Person, Table, a_table
from tests.scenarios import Json, scenario

_FICHE = ("context", "pilot", "target_public", "human_means", "evaluation_method")
DECIDING = ("og", "ars", "cd")
SIGNER = "Anne Le Goff"
MANDATE = Mandate("Délibération 2026-45 du conseil d’administration", "05/01/2026")


def a_closing_table(store: Store, **wanted: Any) -> Table:
    """Nothing is tabled yet."""
    return a_table(store, closing_scenario(**wanted))


def closing_scenario(**wanted: Any) -> Json:
    content = scenario(parties=["og", "ars", "cd", "asso"], **wanted)
    _leave_out(content["strategic_objectives"][0], "theme", "policy_reference", "rationale")
    operational = content["strategic_objectives"][0]["operational_objectives"][0]
    _leave_out(operational["smart"], "specific", "measurable", "achievable", "relevant", "time_bound")
    _leave_out(content["fiches_action"][0], *_FICHE)
    _leave_out(content["indicators"][0], "definition", "formula", "source", "frequency", "collector")
    _leave_out(content["financial_lines"][0], "commitment", "accounting_group")
    content["fiches_action"][0]["contributors"] = content["fiches_action"][0]["steps"] = []
    department = content["parties"][2]
    department["members"].append({"id": "cd.vp", "party_id": "cd", "role": "Vice-présidente", "rights": ["signataire"]})
    return content


def _leave_out(source: Json, *names: str) -> None:
    """Fields that nobody wrote: the contract is shorter, and they block nothing."""
    source |= dict.fromkeys(names, "")


def an_agreed_table(store: Store) -> Table:
    table = a_closing_table(store)
    agree_everything(table)
    return table


def agree_everything(table: Table) -> None:
    """The gestionnaire tables every working text, the others accept; then the engagements one by one."""
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        propose_working_texts(uow, table.og.dg.actor, table._parts.values())
    for seat in (table.ars, table.cd):
        accept_all(table, seat.dg)
    table.agree("en01", "Le taux atteint **95 %** en 2028.", "95")
    table.agree("en02", "L’objet est revu chaque année.")
    table.agree("en03", "L’agence finance le poste.", "42000,50")


def accept_all(table: Table, person: Person) -> None:
    query = (
        select(Clause, Version)
        .join(Version, col(Version.id) == Clause.current_version_id)
        .join(ClauseParty, col(ClauseParty.clause_id) == Clause.id)
        .where(
            col(Clause.negotiation_id) == table.id,
            col(Clause.state) != ClauseState.AGREED,
            col(ClauseParty.party_id) == person.member.party_id,
        )
    )
    with table.store.reading() as session:
        tabled = session.execute(query).all()
    answers = [Answer(clause.id, Seen(version.number, version.fingerprint)) for clause, version in tabled]
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        accept_together(uow, person.actor, answers)


def render(person: Person) -> Rendered:
    with person.table.store.reading() as session:
        return render_contract(session, person.actor)


def ask(person: Person, rendered: Rendered | None = None) -> Asked:
    """Ask for the gel of what is on the screen now."""
    seen = rendered or render(person)
    with person.table.store.unit_of_work() as uow:
        return request_freeze(uow, person.actor, seen_hash=seen.contract.content_hash, rendered=seen)


def freeze(table: Table) -> FrozenVersion:
    """The three parties ask, one after the other."""
    rendered = render(table.og.dg)
    asked = [ask(person, rendered) for person in (table.og.dg, table.ars.dg, table.cd.sign)]
    assert asked[-1].frozen_version_id
    with table.store.reading() as session:
        return session.get_one(FrozenVersion, asked[-1].frozen_version_id)


def put_signature(person: Person, version: FrozenVersion, mandate: Mandate = MANDATE, **changed: str) -> Signed:
    """Sign what was frozen; `changed`: what a careless or hostile screen would send instead."""
    with person.table.store.unit_of_work() as uow:
        name = uow.session.get_one(Party, person.member.party_id).name
        said = {
            "seen_hash": version.content_hash,
            "consent": consent_text(name, version.content_hash),
            "signer": SIGNER,
        }
        return sign(uow, person.actor, version_id=version.id, mandate=mandate, **(said | changed))
