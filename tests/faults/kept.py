"""What a store still owes people who typed, once its server died: each acknowledged word, once; and sound rooms."""

from collections import Counter
from collections.abc import Sequence

from pycrdt import Doc
from sqlalchemy import select
from sqlmodel import col

from negotiation.drafting.markdown_bridge import read_fragment
from negotiation.drafting.rooms import Rooms
from negotiation.services.draft_log import SqlUpdateLog
from negotiation.store import Store
from negotiation.store.exchange import Draft, DraftUpdate
from tests.faults.writers import TirelessWriter


def assert_all_is_kept_once(store: Store, writers: Sequence[TirelessWriter]) -> None:
    """In each draft: what was acknowledged is in the log, as it was sent and under its sequence; what was on its way is
    there or not; nothing else is; no word is said twice; and a room that opens says what the log says."""
    rooms = Rooms(SqlUpdateLog(store))
    for draft_id in sorted({writer.draft["draft"] for writer in writers}):
        here = [writer for writer in writers if writer.draft["draft"] == draft_id]
        with store.reading() as session:
            draft = session.get(Draft, draft_id)
        if draft is None:  # the end came before anybody was told that it is open
            assert not any(writer.acknowledged for writer in here)
            continue
        text = _text_of_the_log(store, draft_id, here)
        assert rooms.room(draft_id, epoch=draft.epoch).snapshot(here[0].clause_id) == text
        said = Counter(text.split())
        for writer in here:
            for operation, _ in writer.acknowledged.values():
                assert said[operation.word] == 1, f"{operation.word} is there {said[operation.word]} times"


def _text_of_the_log(store: Store, draft_id: str, writers: Sequence[TirelessWriter]) -> str:
    query = (
        select(col(DraftUpdate.op_id), col(DraftUpdate.sequence), col(DraftUpdate.update), col(DraftUpdate.person_id))
        .where(col(DraftUpdate.draft_id) == draft_id)
        .order_by(col(DraftUpdate.sequence))
    )
    with store.reading() as session:
        rows = session.execute(query).all()
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    kept = {row.op_id: row.sequence for row in rows}
    sent = {}
    for writer in writers:
        for operation, sequence in writer.acknowledged.values():
            assert kept.get(operation.op_id) == sequence, f"{operation.word} was acknowledged and is not there"
            sent[operation.op_id] = operation.update
        if writer.sending is not None:
            sent[writer.sending.op_id] = writer.sending.update
    document: Doc = Doc()
    for row in rows:
        assert row.person_id is None or sent[row.op_id] == row.update
        document.apply_update(row.update)
    return read_fragment(document, f"clause:{writers[0].clause_id}")
