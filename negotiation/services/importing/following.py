"""What happened after signature, as the file declares it: observed values, dialogues, avenants, evaluation."""

from typing import Any

from negotiation.rules.paris import PARIS
from negotiation.rules.policy import ACTION_OF_MOVE, Authentication, Decision, Method, Target, decide
from negotiation.rules.vocabulary import Move, ValueKind
from negotiation.services.access import as_actor
from negotiation.services.importing.intake import Intake, day, day_or_none, decimals, value_at
from negotiation.services.importing.reading import Json, fault, moment_of
from negotiation.store.columns import new_id
from negotiation.store.following import Avenant, AvenantMove, DialogueDeGestion, Evaluation, Observation

_VISIBILITIES = ("shared", "internal", "authorities")


def write_follow_up(intake: Intake) -> None:
    _write_observations(intake)
    for position, dialogue in enumerate(intake.file["follow_up"]["dialogues"]):
        _write_dialogue(intake, dialogue, position)
    for position, avenant in enumerate(intake.file["follow_up"]["avenants"]):
        _write_avenant(intake, avenant, position)
    if intake.file["follow_up"]["evaluation"]:
        _write_evaluation(intake, intake.file["follow_up"]["evaluation"])


def _write_observations(intake: Intake) -> None:
    for index, indicator in enumerate(intake.file["indicators"]):
        for year, value in indicator["actuals"].items():
            path = f"indicators[{index}].actuals.{year}"
            intake.uow.session.add(
                Observation(
                    negotiation_id=intake.id,
                    part_id=intake.parts[indicator["id"]].id,
                    year=int(year),
                    value=str(value_at(path, value, ValueKind.NUMBER)),
                )
            )


def _write_dialogue(intake: Intake, dialogue: Json, position: int) -> None:
    intake.uow.session.add(
        DialogueDeGestion(
            negotiation_id=intake.id,
            key=dialogue["id"],
            calendar_key=dialogue["calendar_id"],
            year=dialogue["year"],
            on=day(dialogue["date"]),
            status=dialogue["status"],
            attendees=dialogue["attendees"],
            action_reviews=decimals(dialogue["action_reviews"]),
            indicator_reviews=[_with_year(review) for review in dialogue["indicator_reviews"]],
            conclusions=dialogue["conclusions"],
            decisions=dialogue["decisions"],
            minutes_validated_on=day_or_none(dialogue["minutes_validated_on"]),
            position=position,
        )
    )


def _with_year(review: Json) -> Json:
    """Numbers as decimal strings, but for the year."""
    return {**decimals(review), "year": review["year"]}


def _write_avenant(intake: Intake, avenant: Json, position: int) -> None:
    path = f"follow_up.avenants[{position}]"
    row = Avenant(
        id=new_id(),
        negotiation_id=intake.id,
        key=avenant["id"],
        number=avenant["number"],
        title=avenant["title"],
        reason=avenant["reason"],
        requested_by=avenant["requested_by"],
        requested_on=day(avenant["requested_on"]),
        status=avenant["status"],
        signed_on=day_or_none(avenant["signed_on"]),
        changes=[
            {"target": change["target"], **_changed(f"{path}.changes[{index}]", change)}
            for index, change in enumerate(avenant["changes"])
        ],
        position=position,
    )
    intake.uow.session.add(row)
    intake.uow.session.flush()
    tabled: Json | None = None
    for rank, move in enumerate(avenant["moves"]):
        _check_avenant_move(intake, f"{path}.moves[{rank}]", move, tabled=tabled)
        if move["type"] in (Move.PROPOSAL, Move.COUNTER_PROPOSAL) and move["visibility"] == "shared":
            tabled = move
        member = intake.members[move["member_id"]]
        intake.uow.session.add(
            AvenantMove(
                negotiation_id=intake.id,
                avenant_id=row.id,
                key=move["id"],
                circle=str(intake.circle(move["visibility"], move["party_id"])),
                rank=rank + 1,
                at=moment_of(move["at"]).replace(tzinfo=PARIS),
                party_id=member.party_id,
                member_id=member.id,
                type=move["type"],
                text=move["text"],
                value=None if move["value"] is None else decimals(move["value"]),
                accepts=move["accepts"],
            )
        )


def _changed(path: str, change: Json) -> Json:
    """Old and new value of a cell, in the canonical form of what it holds."""
    return {name: _canonical(f"{path}.{name}", change[name], change["target"]) for name in ("old", "new")}


def _canonical(path: str, raw: Any, target: Json) -> Any:
    if isinstance(raw, str):
        return value_at(path, raw, ValueKind.DATE)
    field = target["field"]
    is_money = target["type"] == "financial_line" and (field == "total" or field.startswith("amounts."))
    return value_at(path, raw, ValueKind.AMOUNT if is_money else ValueKind.NUMBER)


def _check_avenant_move(intake: Intake, path: str, move: Json, *, tabled: Json | None) -> None:
    """An avenant's thread is declared, but by people who could have written it."""
    if move["type"] not in list(Move):
        fault(f"{path}.type", f"valeur inconnue « {move['type']} »")
    if move["visibility"] not in _VISIBILITIES:
        fault(f"{path}.visibility", f"valeur inconnue « {move['visibility']} »")
    moment = moment_of(move["at"]).replace(tzinfo=PARIS)
    party = intake.parties[move["party_id"]]
    actor = as_actor(intake.members[move["member_id"]], party, Authentication(Method.DECLARED, moment))
    circle = intake.circle(move["visibility"], move["party_id"])
    decision = decide(actor, ACTION_OF_MOVE[Move(move["type"])], Target(intake.id, circle))
    if decision is Decision.HIDE:
        fault(f"{path}.visibility", "seule une autorité parle entre autorités")
    if decision is Decision.REFUSE:
        fault(f"{path}.member_id", f"« {move['member_id']} » n’a pas le droit de faire ce mouvement ({move['type']})")
    if move["type"] == Move.ACCEPTANCE:
        if tabled is None or move["accepts"] != tabled["id"]:
            fault(f"{path}.accepts", f"« {move['accepts']} » n’est pas la version sur la table")
        if tabled["party_id"] == move["party_id"]:
            fault(f"{path}.party_id", "une partie ne répond pas à son propre texte")


def _write_evaluation(intake: Intake, evaluation: Json) -> None:
    intake.uow.session.add(
        Evaluation(
            negotiation_id=intake.id,
            key=evaluation["id"],
            calendar_key=evaluation["calendar_id"],
            opened_on=day(evaluation["opened_on"]),
            shared_on=day(evaluation["shared_on"]),
            status=evaluation["status"],
            period=evaluation["period"],
            team=evaluation["team"],
            results=[_with_year(result) for result in evaluation["engagement_results"]],
            lessons=evaluation["lessons"],
            next_contract=evaluation["next_contract"],
        )
    )
