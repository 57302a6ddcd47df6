"""The engagements: one clause each inside their target's part, and the cells whose value they are."""

import re
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.part_fields import EURO
from negotiation.rules.vocabulary import ClauseKind, ClauseState, ReserveState, ValueKind
from negotiation.services.importing.intake import Intake, decimals, markdown_at, value_at
from negotiation.services.importing.reading import Json, fault
from negotiation.services.importing.recording import record_given_up
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, ClauseParty
from negotiation.store.exchange import Reserve, Version

_YEARS = re.compile(r"(targets|amounts)\.\d{4}|total")
_STEP = re.compile(r"(steps\.\d+)\.due")
_EVERY_YEAR = "amounts.*"
_TABLED = ("proposal", "counter_proposal")
_GIVEN_UP = ("withdrawn", "dropped")
AFTER_FIELDS = 1000
"""Position of the first engagement of a part: after its fields."""


def write_engagements(intake: Intake) -> None:
    concerned: list[ClauseParty] = []
    for index, engagement in enumerate(intake.file["engagements"]):
        whole = intake.whole["engagements"][index]
        part = intake.parts[engagement["target"]["id"]]
        cells = named_cells(intake, engagement["target"])
        kind = _value_kind(whole, cells)
        clause = Clause(
            id=new_id(),
            negotiation_id=intake.id,
            part_id=part.id,
            kind=ClauseKind.ENGAGEMENT,
            field=f"engagement.{engagement['id']}",
            code=engagement["code"],
            label=engagement["title"],
            position=AFTER_FIELDS + index,
            value_kind=kind,
            unit=_unit(engagement, kind),
            debtor_party_id=intake.parties[engagement["debtor_party_id"]].id,
            attributes={"key": engagement["id"], "target": engagement["target"]},
        )
        intake.engagements[engagement["id"]] = clause
        intake.uow.session.add(clause)
        concerned += [
            ClauseParty(clause_id=clause.id, party_id=intake.parties[party].id) for party in engagement["party_ids"]
        ]
    intake.uow.session.flush()
    intake.uow.session.add_all(concerned)
    intake.uow.session.flush()


def bind_cells(intake: Intake) -> None:
    """Each live engagement becomes the value of the cells that its target names; the cell's own value is set aside.

    A cell named twice follows the engagement that names it most precisely, then the first. One that follows an
    engagement not agreed that day stays empty, and what the file knows of later isn't kept.
    """
    sources = [engagement for engagement in intake.whole["engagements"] if _is_number_source(intake, engagement)]
    sources.sort(key=lambda engagement: engagement["target"].get("field") == _EVERY_YEAR)
    named = [(source["id"], cell) for source in sources for cell in named_cells(intake, source["target"])]
    for key, cell in named:
        if cell.follows_id is None:
            clause = intake.engagements[key]
            cell.follows_id = clause.id
            if intake.until is None or clause.state is ClauseState.AGREED:
                cell.attributes = {**cell.attributes, "file_value": cell.working_value}
            if "working" in clause.attributes and clause.working_value is None:
                clause.working_value = cell.working_value
            cell.working_value = None


def settle_engagements(intake: Intake) -> None:
    """What the file declares of each engagement beyond its moves: its outcome, when it is reached that day."""
    for index, engagement in enumerate(intake.file["engagements"]):
        clause = intake.engagements[engagement["id"]]
        whole = intake.whole["engagements"][index]
        touched = any(_tables(move) for move in whole["moves"])
        if not touched:
            _declare_untouched(intake, f"engagements[{index}]", whole, clause=clause)
        elif intake.standing.signed and whole["status"] == "accepted":
            _declare_accepted(intake, f"engagements[{index}]", whole, clause=clause)
        if intake.until is None and whole["status"] in _GIVEN_UP and clause.state is not ClauseState.WITHDRAWN:
            _declare_given_up(intake, clause)
        known = intake.until is None or clause.state in (ClauseState.AGREED, ClauseState.WITHDRAWN) or not touched
        clause.attributes = {**clause.attributes, **_facts(engagement, whole if known else None)}


def named_cells(intake: Intake, target: Json) -> list[Clause]:
    """The cells that a target names; none when its field is missing or names no cell."""
    wanted, part = target.get("field") or "", target["id"]
    if wanted == _EVERY_YEAR:
        years = [cell for (key, name), cell in intake.cells.items() if key == part and name.startswith("amounts.")]
        return [cell for cell in years if cell.working_value]
    if step := _STEP.fullmatch(wanted):
        wanted = step[1]
    elif not _YEARS.fullmatch(wanted):
        return []
    cell = intake.cells.get((part, wanted))
    return [cell] if cell else []


def _value_kind(engagement: Json, cells: list[Clause]) -> ValueKind:
    if cells:
        return cells[0].value_kind
    numeric = engagement["numeric"]
    values = [move["value"] for move in engagement["moves"] if move["value"] is not None]
    samples = values + ([numeric["final"]] if numeric else [])
    if not samples:
        return ValueKind.NONE
    if numeric and numeric["unit"] == "EUR":
        return ValueKind.AMOUNT
    return ValueKind.DATE if all(_is_day(sample) for sample in samples) else ValueKind.NUMBER


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _unit(engagement: Json, kind: ValueKind) -> str:
    if kind is ValueKind.AMOUNT:
        return EURO
    unit = engagement["numeric"]["unit"] if engagement["numeric"] else ""
    return unit if kind is ValueKind.NUMBER else ""


def _tables(move: Json) -> bool:
    return move["visibility"] == "shared" and move["type"] in _TABLED


def _is_number_source(intake: Intake, engagement: Json) -> bool:
    """Whether cells follow it: it was agreed with a value, or it is still to be agreed."""
    clause = intake.engagements[engagement["id"]]
    if clause.state is ClauseState.AGREED:
        agreed = intake.uow.session.get(Version, clause.agreed_version_id) if clause.agreed_version_id else None
        return agreed is not None and agreed.value is not None
    return clause.state is not ClauseState.WITHDRAWN and not intake.standing.signed


def _declare_untouched(intake: Intake, path: str, engagement: Json, *, clause: Clause) -> None:
    """An engagement without any version: agreed by the declared signature, or the gestionnaire's working text."""
    clause.working_text = markdown_at(f"{path}.final_text", engagement["final_text"])
    if engagement["numeric"]:
        clause.working_value = value_at(f"{path}.numeric.final", engagement["numeric"]["final"], clause.value_kind)
    agreed = intake.standing.signed and engagement["status"] not in _GIVEN_UP
    if agreed:
        clause.state = ClauseState.AGREED
    clause.attributes = {**clause.attributes, **({"declared": True} if agreed else {"working": True})}


def _declare_accepted(intake: Intake, path: str, engagement: Json, *, clause: Clause) -> None:
    """A file's signature covers its last version, also when an acceptance is missing from its moves."""
    final = intake.tabled.get(engagement["final_move_id"])
    if clause.state is ClauseState.WITHDRAWN or clause.current_version_id is None:
        fault(f"{path}.status", "l’engagement est dit accepté alors que son dernier texte a été retiré")
    if final is None or final.number != clause.versions:
        last = f"la version {clause.versions}, la dernière déposée"
        fault(f"{path}.final_move_id", f"« {engagement['final_move_id']} » n’est pas le mouvement de {last}")
    if clause.state is not ClauseState.AGREED:
        clause.state = ClauseState.AGREED
        clause.agreed_version_id = clause.current_version_id
        clause.attributes = {**clause.attributes, "declared": True}


def _declare_given_up(intake: Intake, clause: Clause) -> None:
    """Given up, says the file, without the move that would have done it: as a withdrawal leaves a clause."""
    clause.state = ClauseState.WITHDRAWN
    clause.current_version_id = None
    clause.behind, clause.open_reserves = [], []
    clause.attributes = {**clause.attributes, "declared": True}
    open_ones = select(Reserve).where(col(Reserve.clause_id) == clause.id, col(Reserve.state) == ReserveState.OPEN)
    for reserve in intake.uow.session.execute(open_ones).scalars():
        reserve.state = ReserveState.MOOT
    record_given_up(intake, clause)


def _facts(engagement: Json, outcome: Json | None) -> Json:
    """What is kept beside the clause. The outcome (`final_…`, the trajectory) is left out while nobody knows it."""
    facts: Json = {"session_ids": engagement["session_ids"]}
    if outcome is not None:
        kept = ("status", "final_move_id", "final_text")
        return {**facts, **{name: outcome[name] for name in kept}, "numeric": decimals(outcome["numeric"])}
    numeric = engagement["numeric"]
    return {**facts, "numeric": {name: numeric[name] for name in ("unit", "label")} if numeric else None}
