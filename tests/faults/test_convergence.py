"""Three people write one clause with the editor's own commands over networks that fail them: one text at the end."""

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer
from pycrdt import Doc, Map

from negotiation.drafting.markdown_bridge import read_fragment
from negotiation.drafting.schema import VALUES_ROOT, clause_root
from negotiation.rules.policy import Method
from negotiation.services.drafting import LiveDrafts, drafted_text, open_draft
from negotiation.services.signing_in import open_session
from tests.builders import Table, a_table
from tests.faults.random_editors import RandomEditor, random_editors
from tests.faults.shaky_pages import ShakyPage, lived
from tests.faults.test_killed_server import SECRET, RestartedServer

EDITS = int(os.environ.get("NAVETTE_CONVERGENCE_STEPS", "150"))
PATIENCE_SECONDS = 60 + EDITS / 10
TEXT, VALUE = "definition", "targets.2027"


@pytest.fixture
def server(tmp_path: Path, migrated_sqlite: Path) -> Iterator[RestartedServer]:
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    running = RestartedServer(tmp_path, SECRET_KEY=SECRET, DEMONSTRATIONS="false")
    yield running
    running.kill()
    running.store.engine.dispose()


def three_pages(server: RestartedServer, table: Table, editors: list[RandomEditor], seed: int) -> list[ShakyPage]:
    signer = URLSafeSerializer(SECRET, salt="socket-token")
    found = []
    with server.store.unit_of_work() as uow:
        for number, person in enumerate((table.og.dg, table.ars.dg, table.cd.dg)):
            session = open_session(uow, person.person_id, method=Method.LINK)
            token = str(signer.dumps(session.session_id))
            chance = random.Random(seed + number)
            place = (server.port, session.token, token, table.part_id("i01"))
            found.append(ShakyPage(*place, editor=editors[number], chance=chance))
    return found


def both(document_update: bytes, table: Table) -> tuple[str, object]:
    """The clause's Markdown and the value in a document."""
    document: Doc[Any] = Doc()
    document.apply_update(document_update)
    values = document.get(VALUES_ROOT, type=Map)
    text = read_fragment(document, clause_root(table.clause_id(f"i01.{TEXT}")))
    return text, values.get(table.clause_id(f"i01.{VALUE}"))


def test_one_text_comes_of_all_edits_whatever_the_networks_do(
    server: RestartedServer, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = random.SystemRandom().randrange(2**31)
    table = a_table(server.store)
    server.start()
    ids = {"clause_id": table.clause_id(f"i01.{TEXT}"), "value_id": table.clause_id(f"i01.{VALUE}")}
    with random_editors(tmp_path, [seed, seed + 1, seed + 2], **ids) as editors:
        pages = three_pages(server, table, editors, seed)
        began = time.monotonic()
        for _ in lived(pages, edits=EDITS):
            assert [page.refusals for page in pages] == [[], [], []], seed
            assert time.monotonic() - began < PATIENCE_SECONDS, f"{seed}: they never agree"
        took = time.monotonic() - began
        ended = {both(editor.whole(), table) for editor in editors}
        served = both(pages[0].server_document(), table)
    counted = sum((page.counted for page in pages), Counter[str]())
    record_property("figures", f"convergence: {dict(counted)}, 0 refused, {took:.0f} s, seed {seed}")
    reopened = open_draft(LiveDrafts.of(server.store), table.og.dg.actor, part_id=table.part_id("i01"), side="commune")
    with server.store.reading() as session:
        kept = drafted_text(session, table.og.dg.actor, ids["clause_id"], side="commune")
    assert ended == {served} == {both(reopened.update, table)}, seed
    assert {text for text, _ in ended} == {kept}, seed
    assert server.failures() == []
