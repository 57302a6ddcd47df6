"""The deliberation or decision that authorises a signatory, as a file: joined to his place before he signs, by him or a
colleague, and listed in the evidence of his signature by its fingerprint (product R21)."""

import hashlib

from negotiation.documents.scans import Scan
from negotiation.events import Event, Kind
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Action
from negotiation.services.access import require
from negotiation.services.signing_rows import intact_version, place_of_party
from negotiation.store.columns import new_id
from negotiation.store.people import Party
from negotiation.store.queries.signatures import act_of_place
from negotiation.store.signing import SigningAct
from negotiation.store.unit_of_work import UnitOfWork


def join_act(uow: UnitOfWork, actor: Actor, *, version_id: str, seen_hash: str, signature_id: str, scan: Scan) -> str:
    """The id of the file, which takes the place of the one joined before; the history keeps the fingerprint of each.

    Raises NotFound, NotAllowed, RecentSigninRequired, StaleClause, FrozenBytesChanged, VersionVoided, AlreadyDone,
    NotYourTurn, InvalidInput (`field`: signature_id).
    """
    require(actor, Action.REQUEST_FREEZE)
    uow.lock(actor.negotiation_id)
    version = intact_version(uow, actor, version_id=version_id, seen_hash=seen_hash)
    row = place_of_party(uow, actor, version, signature_id=signature_id, action=Action.REQUEST_FREEZE)
    before = act_of_place(uow.session, row.id)
    if before is not None:
        uow.session.delete(before)
        uow.session.flush()
    act = SigningAct(
        id=new_id(),
        negotiation_id=version.negotiation_id,
        frozen_version_id=version.id,
        signature_id=row.id,
        media_type=scan.media_type,
        data=scan.data,
        data_hash=hashlib.sha256(scan.data).hexdigest(),
        pages=scan.pages,
        member_id=actor.member_id,
    )
    uow.session.add(act)
    uow.session.flush()
    facts = {
        "version": version.id,
        "number": version.number,
        "content_hash": version.content_hash,
        "party": uow.session.get_one(Party, actor.party_id).key,
        "place": row.id,
        "role": row.role,
        "data_hash": act.data_hash,
        "again": before is not None,
    }
    uow.record(Event(Kind.ACT_JOINED, version.negotiation_id, SHARED, actor.key, facts))
    return act.id
