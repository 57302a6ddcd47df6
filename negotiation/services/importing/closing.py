"""The signature that a file declares: the contract is closed as the file says, by nobody's click."""

from negotiation.services.importing.intake import Intake, day
from negotiation.store.columns import now
from negotiation.store.record import DeclaredSignature


def close_declared(intake: Intake) -> None:
    """The last step of an import whose signature is reached: nothing of the contract can be written after it."""
    signature = intake.whole["signature"]
    intake.uow.session.add(
        DeclaredSignature(
            negotiation_id=intake.id,
            signed_on=day(signature["date"]),
            place=signature["place"],
            version=signature["version"],
            status=signature["status"],
        )
    )
    intake.uow.session.flush()
    intake.negotiation.frozen_at = now()
    intake.uow.session.flush()
