"""Tables with one clause a round, and what must hold on them once the rounds are over."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from negotiation.rules import history_chain
from negotiation.rules.history_chain import Opening
from negotiation.rules.lifecycle import Situation
from negotiation.rules.vocabulary import SHARED, Move
from negotiation.services.bundles import propose_working_texts
from negotiation.services.moves import Seen, situation_of
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.people import Member
from negotiation.store.queries.history import whole_chains
from negotiation.store.record import HistoryEntry
from negotiation.store.unit_of_work import as_link
from tests.builders import Table, a_table
from tests.clause_model import COMMON
from tests.closing_table import accept_all, closing_scenario
from tests.history_replay import payload_of, rebuilt_from
from tests.scenarios import Json, engagement, move, scenario

Before = tuple[tuple[str, str], ...]
"""What happened on each clause before the rounds: (party, type of move)."""
TARGET = {"type": "clause", "id": "k01"}
BOTH, ALL = ("og", "ars"), ("og", "ars", "cd")


@dataclass(frozen=True)
class Arena:
    """A table whose engagements `x0000`, `x0001`… all stand at the same point; `seen` is what every screen shows."""

    table: Table
    people: Mapping[str, str]
    """Ids of persons by member key."""
    seen: Mapping[str, Seen]
    """By clause id."""

    def clause_id(self, number: int) -> str:
        return self.table.clause_id(clause_key(number))


def clause_key(number: int) -> str:
    return f"x{number:04}"


def an_arena(store: Store, parties: Sequence[Sequence[str]], before: Before) -> Arena:
    """One engagement for each row of `parties`, with these moves made by whichever of its parties."""
    written = [
        engagement(clause_key(number), TARGET, list(concerned), list(_thread(number, concerned, before)))
        for number, concerned in enumerate(parties)
    ]
    content = scenario(engagements=written)
    for party in content["parties"]:
        second = {"id": f"{party['id']}.adjoint", "party_id": party["id"], "role": "Adjoint", "rights": ["valideur"]}
        party["members"].append(second)
    return seated(a_table(store, content))


def _thread(number: int, concerned: Sequence[str], before: Before) -> list[Json]:
    key = clause_key(number)
    made = [(party, kind) for party, kind in before if party in concerned]
    accepted = {"accepts": f"{key}-m1"}
    return [
        move(f"{key}-m{place}", f"{party}.dg", kind, **(accepted if kind == Move.ACCEPTANCE else {}))
        for place, (party, kind) in enumerate(made, start=1)
    ]


def an_agreed_contract(store: Store) -> Table:
    """The shortest contract that may be frozen: one engagement of three parties, and few texts."""
    agreed = [("og", "proposal"), ("ars", "acceptance"), ("cd", "acceptance")]
    content = closing_scenario(engagements=[engagement("x0000", TARGET, list(ALL), _thread(0, ALL, tuple(agreed)))])
    content["indicators"] = []
    content["financial_lines"] = []
    content["fiches_action"][0] |= {"indicator_ids": [], "financial_line_ids": [], "description": ""}
    table = a_table(store, content)
    with store.unit_of_work(Announcing.SILENT) as uow:
        propose_working_texts(uow, table.og.dg.actor, table._parts.values())
    for seat in (table.ars, table.cd):
        accept_all(table, seat.dg)
    return table


def seated(table: Table) -> Arena:
    with table.store.reading() as session:
        members = session.execute(select(Member).where(col(Member.negotiation_id) == table.id)).scalars()
        people = {member.key: member.person_id for member in members}
        current = (
            select(col(Clause.id), Version)
            .join(Version, col(Version.id) == Clause.current_version_id)
            .where(col(Clause.negotiation_id) == table.id)
        )
        seen = {row.id: Seen(row.Version.number, row.Version.fingerprint) for row in session.execute(current)}
    return Arena(table, people, seen)


# ---------------------------------------------------------------------- what must hold afterwards


def assert_history_is_sound(table: Table) -> None:
    """The shared chain verifies; each acceptance in it names the text that was current at its place (T12); the clauses,
    told again from it alone, are those of the rows; nobody accepted one version twice (T13)."""
    entries = _shared(table)
    openings = [Opening(payload_of(entry), bytes.fromhex(entry.salt)) for entry in entries]
    chain = history_chain.chain_name(table.id, str(SHARED))
    assert history_chain.verify([as_link(entry) for entry in entries], openings, chain=chain).ok
    rebuilt = rebuilt_from(entries)
    keys = {party.id: key for key, party in table._parties.items()}
    for clause_id, situation in _situations(table).items():
        told = rebuilt.get(clause_id)
        if told is not None:
            tabled = situation.current
            assert told.state is situation.state
            assert (told.current, told.fingerprint) == ((tabled.number, tabled.fingerprint) if tabled else (0, None))
            assert told.behind - {COMMON} == {keys[party] for party in situation.behind}
            assert told.reserves == {keys[party] for party in situation.open_reserves}
            consents = situation.request.consents if situation.request else ()
            assert set(told.consents) == {keys[party] for party in consents}
    acceptances = _acceptances(table)
    assert all(count == 1 for count in acceptances.values()), acceptances.most_common(3)


def _shared(table: Table) -> Sequence[HistoryEntry]:
    with table.store.reading() as session:
        return dict(whole_chains(session, table.og.dg.actor))[SHARED]


def _situations(table: Table) -> dict[str, Situation]:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        clauses = uow.session.execute(select(Clause).where(col(Clause.negotiation_id) == table.id)).scalars()
        return {clause.id: situation_of(uow, clause) for clause in clauses}


def _acceptances(table: Table) -> Counter[Any]:
    """How often each party accepted each version."""
    query = select(col(MoveRow.party_id), col(MoveRow.version_id)).where(
        col(MoveRow.negotiation_id) == table.id, col(MoveRow.type) == Move.ACCEPTANCE
    )
    with table.store.reading() as session:
        return Counter(tuple(row) for row in session.execute(query))
