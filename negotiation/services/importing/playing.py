"""The moves of the file, played one after the other through the function that a click uses."""

from collections.abc import Callable
from typing import NoReturn

from negotiation.errors import (
    IllegalMove,
    MissingMotive,
    MissingText,
    NotAllowed,
    NotFound,
    Refusal,
    StaleClause,
    UnreadableText,
    WrongValue,
)
from negotiation.rules.lifecycle import Reason
from negotiation.rules.paris import PARIS
from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.rules.vocabulary import TALK_MOVES, TEXT_MOVES, Move
from negotiation.services.access import as_actor
from negotiation.services.importing.cutting import in_order
from negotiation.services.importing.intake import Intake, plain
from negotiation.services.importing.reading import Json, fault, moment_of, problem_of_text
from negotiation.services.moves import Order, Seen, play
from negotiation.store.exchange import MoveRow, Version

Progress = Callable[[int, int], None]
"""Called with (moves played, moves in all)."""

"""Files give local times; rows keep UTC."""

_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.NOT_CONCERNED: ("party_id", "cette partie n’est pas concernée par l’engagement"),
    Reason.LOCKED: ("type", "l’engagement est déjà accordé"),
    Reason.NOTHING_TABLED: ("type", "aucune version n’est sur la table"),
    Reason.NOTHING_TO_COUNTER: ("type", "aucune version n’appelle de contre-proposition"),
    Reason.OWN_TEXT: ("party_id", "une partie ne répond pas à son propre texte"),
    Reason.ALREADY_BEHIND: ("party_id", "cette partie a déjà donné son accord à cette version"),
    Reason.NOT_THE_AUTHOR: ("party_id", "seule la partie qui a déposé la version peut la retirer"),
    Reason.NO_RESERVE: ("type", "cette partie n’a pas de réserve à lever"),
    Reason.WITHDRAWN: ("type", "l’engagement a été retiré"),
}


def play_moves(intake: Intake, progress: Progress) -> None:
    """Raises InvalidFile at the first move that could not have been made."""
    moves = in_order(intake.file)
    played: dict[str, str] = {}
    for done, (path, engagement, move) in enumerate(moves):
        progress(done, len(moves))
        played[move["id"]] = _play(intake, path, move, engagement=engagement, played=played)
    progress(len(moves), len(moves))


def _play(intake: Intake, path: str, move: Json, *, engagement: Json, played: dict[str, str]) -> str:
    """The id of the row of the move."""
    clause = intake.engagements[engagement["id"]]
    order = _order(intake, path, move, played=played)
    _check_version(path, move, order=order, versions=clause.versions)
    try:
        done = play(intake.uow, _actor(intake, move), clause.id, order)
    except Refusal as refusal:
        _refuse(path, move, refusal)
    if order.move in TEXT_MOVES and done.version_number is not None and move["visibility"] == "shared":
        version = intake.uow.session.get_one(Version, clause.current_version_id)
        intake.tabled[move["id"]] = Seen(version.number, version.fingerprint)
    _keep_rest(intake, move, order=order, row_id=done.move_id)
    return done.move_id


def _actor(intake: Intake, move: Json) -> Actor:
    member = intake.members[move["member_id"]]
    moment = moment_of(move["at"]).replace(tzinfo=PARIS)
    return as_actor(member, intake.parties[move["party_id"]], Authentication(Method.DECLARED, moment))


def _order(intake: Intake, path: str, move: Json, *, played: dict[str, str]) -> Order:
    kind = Move(move["type"])
    seen = Seen()
    if kind is Move.ACCEPTANCE:
        seen = _accepted(intake, f"{path}.accepts", move["accepts"])
    elif move["accepts"] is not None:
        fault(f"{path}.accepts", "seul un accord désigne la version qu’il accepte")
    if move["visibility"] != "shared" and kind not in TEXT_MOVES | TALK_MOVES:
        fault(f"{path}.visibility", "ce mouvement engage la table : il ne peut être que partagé")
    return Order(
        kind,
        text=move["text"],
        motive=move["rationale"] or "",
        value=move["value"] if kind in TEXT_MOVES else None,
        seen=seen,
        circle=intake.circle(move["visibility"], move["party_id"]),
        reply_to=played[move["reply_to"]] if move["reply_to"] else None,
        at=moment_of(move["at"]).replace(tzinfo=PARIS),
        key=move["id"],
    )


def _accepted(intake: Intake, path: str, accepts: str | None) -> Seen:
    if accepts is None:
        fault(path, "un accord désigne la version qu’il accepte")
    if accepts not in intake.tabled:
        fault(path, f"« {accepts} » n’a déposé aucune version")
    return intake.tabled[accepts]


def _check_version(path: str, move: Json, *, order: Order, versions: int) -> None:
    """Shared texts are numbered 1, 2, 3…; nothing else bears a number."""
    told = move.get("version")
    if told is None:
        return
    if order.move not in TEXT_MOVES or move["visibility"] != "shared":
        fault(f"{path}.version", "seule une proposition partagée porte un numéro de version")
    if told != versions + 1:
        fault(f"{path}.version", f"la version {told} suit la version {versions}")


def _keep_rest(intake: Intake, move: Json, *, order: Order, row_id: str) -> None:
    """What the file says of a move and no column holds."""
    kept = {"supersedes": move["supersedes"]} if move.get("supersedes") else {}
    if order.move not in TEXT_MOVES and move["value"] is not None:
        kept["value"] = plain(move["value"])
    if kept:
        intake.uow.session.get_one(MoveRow, row_id).attributes = kept


def _refuse(path: str, move: Json, refusal: Refusal) -> NoReturn:
    """The refusal of the move as a fault of the file. Raises InvalidFile."""
    member = move["member_id"]
    match refusal:
        case NotAllowed():
            fault(f"{path}.member_id", f"« {member} » n’a pas le droit de faire ce mouvement ({move['type']})")
        case NotFound():
            fault(f"{path}.visibility", "seule une autorité parle entre autorités")
        case StaleClause():
            fault(f"{path}.accepts", f"« {move['accepts']} » n’est plus la version sur la table")
        case IllegalMove():
            field, problem = _REASONS.get(refusal.detail.get("reason"), ("type", "le mouvement est impossible"))  # type: ignore[call-overload]
            fault(f"{path}.{field}", problem)
        case MissingText() | MissingMotive():
            fault(f"{path}.text", "le texte manque")
        case WrongValue():
            fault(f"{path}.value", f"« {move['value']} » ne convient pas à cet engagement")
        case UnreadableText():
            fault(f"{path}.text", problem_of_text(refusal))
        case _:
            fault(path, f"le mouvement est impossible ({refusal.code})")
