"""The gel and the signatures that a file declares: all there, verifiable, and never as if somebody had clicked."""

import hashlib
import json

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.documents.archive import fingerprint_of_evidence
from negotiation.errors import Frozen, InvalidFile
from negotiation.events import Kind
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.store import Store
from negotiation.store.queries.closing import frozen_versions, signatories_of
from negotiation.store.queries.gate import open_points
from negotiation.store.record import DeclaredSignature, FrozenVersion, HistoryEntry
from tests.builders import Table, a_table
from tests.scenarios import HANDICAP, sample, scenario


@pytest.fixture
def signed(store: Store) -> Table:
    return a_table(store, sample(HANDICAP))


def entries(table: Table, kind: Kind) -> list[HistoryEntry]:
    query = select(HistoryEntry).where(
        col(HistoryEntry.negotiation_id) == table.id, col(HistoryEntry.kind) == str(kind)
    )
    with table.store.reading() as session:
        return list(session.execute(query.order_by(col(HistoryEntry.sequence))).scalars())


def test_a_declared_contract_is_frozen_with_its_text_its_pdf_and_its_signatories(signed: Table) -> None:
    with signed.store.reading() as session:
        [version] = frozen_versions(session, signed.id)
        signatories = signatories_of(session, signed.id, version.id)
        assert open_points(session, signed.id) == ()
        frozen = session.get_one(FrozenVersion, version.id)
        [declared] = session.execute(select(DeclaredSignature)).scalars()
    assert (version.label, version.number) == ("Version signée du 12 novembre 2026", "v1.0")
    assert hashlib.sha256(frozen.content.encode()).hexdigest() == version.content_hash
    assert hashlib.sha256(frozen.pdf).hexdigest() == version.pdf_hash
    assert declared.place == "MAS Le Mas-Aubier"
    assert [(it.party.letter, it.signed.role) for it in signatories if it.signed] == [
        ("G", "Président de la fondation"),
        ("A", "Directrice générale de l'agence"),
        ("D", "Présidente du conseil départemental"),
    ]
    assert signatories[0].signatures[0].mandate == "habilité par délibération du 5 novembre 2026"


def test_nobody_clicked_and_everything_says_so(signed: Table) -> None:
    with signed.store.reading() as session:
        [version] = frozen_versions(session, signed.id)
        signatories = signatories_of(session, signed.id, version.id)
    assert version.is_declared
    for party in signatories:
        assert all(it.is_declared and it.member_id is None and it.signed_at is None for it in party.signatures)
    told = entries(signed, Kind.VERSION_FROZEN) + entries(signed, Kind.VERSION_SIGNED)
    assert len(told) == 4
    for entry in told:
        assert entry.actor == "import"
        assert json.loads(entry.payload or "")["declared"] is True
    for entry in told[1:]:
        payload = json.loads(entry.payload or "")
        assert payload["evidence_hash"] == fingerprint_of_evidence(payload["evidence"])


def test_a_declared_contract_is_as_closed_as_any_other(signed: Table) -> None:
    with pytest.raises(Frozen):
        signed.og.dg.comment("en01", "Trop tard")


def test_the_same_file_has_the_same_fingerprint_wherever_it_is_imported(store: Store) -> None:
    """The content names things by their keys: no id and no date of this database enters it."""
    first, second = sample(HANDICAP), sample(HANDICAP)
    second["key"] = "ailleurs"
    tables = [a_table(store, content) for content in (first, second)]
    with store.reading() as session:
        hashes = {version.content_hash for table in tables for version in frozen_versions(session, table.id)}
        again = {contract_as_it_stands(session, table.id).content["title"] for table in tables}
    assert (len(hashes), len(again)) == (1, 1)


def test_a_file_whose_signed_text_no_font_can_print_is_refused(store: Store) -> None:
    content = scenario(status="signed")
    content["clauses"][0]["markdown"] = "Le contrat \N{LINEAR B SYLLABLE B008 A}"
    with pytest.raises(InvalidFile) as refusal:
        a_table(store, content)
    assert refusal.value.detail["path"] == "signature"
