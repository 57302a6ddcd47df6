"""The signature that a file declares: the contract is closed as the file says, by nobody's click."""

from negotiation.errors import PrintFailed, Unprintable
from negotiation.services.contract_content import DeclaredSignatory
from negotiation.services.freezing import DeclaredClosing, freeze_declared
from negotiation.services.importing.intake import Intake, day
from negotiation.services.importing.reading import Json, fault


def close_declared(intake: Intake) -> None:
    """The last step of an import whose signature is reached: nothing of the contract can be written after it."""
    signature = intake.whole["signature"]
    closing = DeclaredClosing(
        label=signature["frozen"]["label"],
        number=signature["frozen"]["number"],
        signed_on=day(signature["date"]),
        place=signature["place"],
        version=signature["version"],
        status=signature["status"],
        signatories=[_signatory(signatory) for signatory in signature["signatories"]],
    )
    try:
        freeze_declared(intake.uow, intake.id, closing)
    except Unprintable as refusal:
        character, where = refusal.detail["character"], refusal.detail["where"]
        fault("signature", f"le contrat signé ne peut pas être imprimé : aucune police n’a « {character} » ({where})")
    except PrintFailed:
        fault("signature", "le contrat signé ne peut pas être mis en page")


def _signatory(signatory: Json) -> DeclaredSignatory:
    return DeclaredSignatory(
        party_key=signatory["party_id"],
        role=signatory["role"],
        quality=signatory["quality"],
        signed_on=day(signatory["signed_at"]),
    )
