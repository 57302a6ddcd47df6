"""A scenario file becomes a table: `import_file`, in one transaction, all of it or nothing.

Reading refuses what isn't of the format, `references` what doesn't hold together, `services.moves.play` what nobody
could have played. Every refusal is an InvalidFile with the JSON path of the fault.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from negotiation.errors import AlreadyImported
from negotiation.services.importing.closing import close_declared
from negotiation.services.importing.cutting import cut, standing_of
from negotiation.services.importing.engagements import bind_cells, settle_engagements, write_engagements
from negotiation.services.importing.following import write_follow_up
from negotiation.services.importing.intake import Intake, day, decimals
from negotiation.services.importing.parts import write_contract, write_framework, write_framing
from negotiation.services.importing.people import write_essms, write_people
from negotiation.services.importing.playing import Progress, play_moves
from negotiation.services.importing.reading import Scenario, parse_scenario, read_scenario
from negotiation.services.importing.recording import record_import
from negotiation.services.importing.references import check_references
from negotiation.services.importing.surroundings import write_surroundings
from negotiation.store.contract import Negotiation
from negotiation.store.unit_of_work import UnitOfWork

__all__ = ["Imported", "Progress", "Scenario", "import_bytes", "import_file", "import_scenario", "read_file"]


@dataclass(frozen=True)
class Imported:
    """What was imported. `moves` counts those of every circle."""

    negotiation_id: str
    key: str
    title: str
    moves: int
    frozen: bool


def _silent(done: int, total: int) -> None:
    """Tells nobody."""


def read_file(path: Path) -> Scenario:
    """The file, checked in itself. Needs no transaction, so that a large file keeps nobody waiting while it is read.

    Raises InvalidFile.
    """
    scenario = read_scenario(path)
    check_references(scenario.content)
    return scenario


def import_file(uow: UnitOfWork, path: Path, *, until: date | None = None, progress: Progress = _silent) -> Imported:
    """Import a file, or what it holds up to the end of a day.

    Raises InvalidFile(path, problem) and AlreadyImported(key, negotiation); the transaction must then be given up.
    """
    return import_scenario(uow, read_file(path), until=until, progress=progress)


def import_bytes(uow: UnitOfWork, data: bytes, *, until: date | None = None, progress: Progress = _silent) -> Imported:
    """Like `import_file`, from the content of the file."""
    scenario = parse_scenario(data)
    check_references(scenario.content)
    return import_scenario(uow, scenario, until=until, progress=progress)


def import_scenario(
    uow: UnitOfWork, scenario: Scenario, *, until: date | None = None, progress: Progress = _silent
) -> Imported:
    """Like `import_file`, from what `read_file` read."""
    intake = _begin(uow, scenario, until)
    write_people(intake)
    write_essms(intake)
    record_import(intake, scenario.file_hash)
    write_framing(intake)
    write_contract(intake)
    write_framework(intake)
    write_engagements(intake)
    play_moves(intake, progress)
    settle_engagements(intake)
    bind_cells(intake)
    write_surroundings(intake)
    write_follow_up(intake)
    uow.session.flush()
    if intake.standing.signed:
        close_declared(intake)
    return Imported(
        negotiation_id=intake.id,
        key=intake.negotiation.key,
        title=intake.negotiation.title,
        moves=sum(len(engagement["moves"]) for engagement in intake.file["engagements"]),
        frozen=intake.negotiation.frozen_at is not None,
    )


def _begin(uow: UnitOfWork, scenario: Scenario, until: date | None) -> Intake:
    """The negotiation's own row. Raises AlreadyImported."""
    whole = scenario.content
    known = uow.session.execute(select(col(Negotiation.id)).where(col(Negotiation.key) == whole["key"])).scalar()
    if known is not None:
        raise AlreadyImported(key=whole["key"], negotiation=known)
    told, standing = whole["negotiation"], standing_of(whole, until)
    negotiation = Negotiation(
        key=whole["key"],
        title=told["title"],
        reference=told["reference"],
        sector=told["sector"],
        contract_type=told["contract_type"],
        legal_basis=told["legal_basis"],
        territory=told["territory"],
        status=standing.status,
        phase=standing.phase,
        opened_on=day(told["opened_on"]),
        signed_on=day(told["signed_on"]) if standing.signed else None,
        contract_start=day(told["contract_start"]),
        contract_end=day(told["contract_end"]),
        duration_years=decimals(told["duration_years"]),
        extension_months_max=told["extension_months_max"],
        summary=told["summary"],
        situation_on=until,
    )
    uow.session.add(negotiation)
    try:
        uow.session.flush()
    except IntegrityError as error:  # another process imported it meanwhile
        raise AlreadyImported(key=whole["key"]) from error
    return Intake(uow=uow, file=cut(whole, until), whole=whole, until=until, standing=standing, negotiation=negotiation)
