"""The simple signature: once a party, on the frozen bytes, by somebody entitled and recognised at that moment."""

import json
from threading import Thread

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from negotiation.documents.archive import fingerprint_of_evidence
from negotiation.errors import (
    AlreadyDone,
    FrozenBytesChanged,
    InvalidInput,
    NotAllowed,
    NotFound,
    RecentSigninRequired,
    Refusal,
    StaleClause,
    WrongValue,
)
from negotiation.events import Kind
from negotiation.rules.vocabulary import NegotiationStatus, Phase
from negotiation.services.signing import Mandate
from negotiation.store import Store
from negotiation.store.queries.closing import signatories_of
from negotiation.store.record import FrozenVersion, HistoryEntry, Signature
from tests.builders import Table
from tests.closing_table import a_closing_table, an_agreed_table, freeze, put_signature

Frozen = tuple[Table, FrozenVersion]


@pytest.fixture
def frozen(store: Store) -> Frozen:
    table = an_agreed_table(store)
    return table, freeze(table)


def signatures(table: Table) -> list[Signature]:
    query = select(Signature).where(col(Signature.negotiation_id) == table.id, col(Signature.signed_on).is_not(None))
    with table.store.reading() as session:
        return list(session.execute(query.order_by(col(Signature.position))).scalars())


def test_the_contract_is_signed_when_every_party_has_signed(frozen: Frozen) -> None:
    table, version = frozen
    counts = [put_signature(person, version) for person in (table.og.sign, table.ars.sign)]
    assert [(signed.parties, signed.of, signed.is_complete) for signed in counts] == [(1, 3, False), (2, 3, False)]
    assert table.negotiation().status is NegotiationStatus.IN_NEGOTIATION
    assert put_signature(table.cd.vp, version).is_complete
    signed = table.negotiation()
    assert signed.status is NegotiationStatus.SIGNED
    assert signed.signed_on == signatures(table)[0].signed_on
    assert signed.phase in (Phase.SIGNATURE, Phase.FOLLOW_UP)


def test_one_signatory_of_a_party_suffices_and_the_other_is_no_longer_awaited(frozen: Frozen) -> None:
    table, version = frozen
    put_signature(table.cd.vp, version)
    with pytest.raises(AlreadyDone):
        put_signature(table.cd.sign, version)
    with table.store.reading() as session:
        department = signatories_of(session, table.id, version.id)[2]
    assert department.signed is not None and department.signed.member_id == table.cd.vp.member.id


def test_nobody_signs_twice(frozen: Frozen) -> None:
    table, version = frozen
    put_signature(table.og.sign, version)
    with pytest.raises(AlreadyDone):
        put_signature(table.og.sign, version)
    assert len(signatures(table)) == 1


def test_two_clicks_at_once_make_one_signature(frozen: Frozen) -> None:
    table, version = frozen
    refused: list[str] = []

    def click() -> None:
        try:
            put_signature(table.og.sign, version)
        except Refusal as refusal:
            refused.append(refusal.code)

    clicks = [Thread(target=click) for _ in range(3)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert (len(signatures(table)), refused) == (1, ["already_done", "already_done"])


def test_only_a_signatory_of_a_party_that_decides_signs(frozen: Frozen) -> None:
    table, version = frozen
    for person in (table.og.dg, table.og.lect, table.asso.sign):
        with pytest.raises(NotAllowed):
            put_signature(person, version)
    stranger = a_closing_table(table.store)
    with pytest.raises(NotFound):
        put_signature(stranger.og.sign, version)


def test_a_signatory_is_recognised_at_that_moment(frozen: Frozen) -> None:
    table, version = frozen
    with pytest.raises(RecentSigninRequired):
        put_signature(table.og.sign.long_ago(), version)


def test_a_mandate_is_an_act_with_its_date(frozen: Frozen) -> None:
    table, version = frozen
    for mandate, field in (
        (Mandate("   ", "05/01/2026"), "mandate"),
        (Mandate("x" * 301, "05/01/2026"), "mandate"),
        (Mandate("Délibération", ""), "mandate_on"),
        (Mandate("Délibération", "01/01/2999"), "mandate_on"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            put_signature(table.og.sign, version, mandate)
        assert refusal.value.detail["field"] == field
    with pytest.raises(WrongValue):
        put_signature(table.og.sign, version, Mandate("Délibération", "jeudi"))
    assert signatures(table) == []


@pytest.mark.parametrize("nobody", ["", "  ", "12-34", "x" * 121])
def test_nobody_signs_without_a_name(frozen: Frozen, nobody: str) -> None:
    table, version = frozen
    with pytest.raises(InvalidInput) as refusal:
        put_signature(table.og.sign, version, signer=nobody)
    assert refusal.value.detail["field"] == "signer"
    assert signatures(table) == []


def test_nobody_signs_without_agreeing_to_the_words_on_the_screen(frozen: Frozen) -> None:
    table, version = frozen
    with pytest.raises(InvalidInput) as refusal:
        put_signature(table.og.sign, version, consent="")
    assert refusal.value.detail["field"] == "consent"
    with pytest.raises(StaleClause):
        put_signature(table.og.sign, version, seen_hash="0" * 64)


@pytest.mark.parametrize("swapped", ["pdf", "content"])
def test_nobody_signs_another_file_than_the_frozen_one(frozen: Frozen, swapped: str) -> None:
    """T11: somebody with the database's own rights swaps the file; signing it is refused."""
    table, version = frozen
    on_sqlite = table.store.on_sqlite
    lift = (
        "DROP TRIGGER frozen_version_never_updated" if on_sqlite else "ALTER TABLE frozen_version DISABLE TRIGGER ALL"
    )
    value = {"pdf": "x'255044462d'" if on_sqlite else "'\\x255044462d'::bytea", "content": "'{}'"}[swapped]
    with table.store.engine.begin() as connection:
        connection.execute(text(lift))
        connection.exec_driver_sql(f"UPDATE frozen_version SET {swapped} = {value}")
    with pytest.raises(FrozenBytesChanged):
        put_signature(table.og.sign, version)


def test_the_evidence_says_who_signed_what_how_and_by_what_mandate(frozen: Frozen) -> None:
    table, version = frozen
    put_signature(table.og.sign, version)
    [signature] = signatures(table)
    evidence = signature.evidence
    assert evidence["content_hash"] == version.content_hash
    assert evidence["pdf_hash"] == version.pdf_hash
    assert (evidence["party"], evidence["member"], evidence["role"]) == ("og", "og.sign", "Membre sign")
    assert evidence["mandate"]["on"] == "2026-01-05"
    assert evidence["method"] == "simple"
    assert evidence["authentication"]["method"] == "password"
    assert (evidence["name"], evidence["email"]) == ("Anne Le Goff", table.og.sign.email)
    assert version.content_hash in evidence["consent"]
    assert "qualifiée" not in json.dumps(evidence, ensure_ascii=False)


def test_the_shared_history_holds_the_evidence_of_each_signature(frozen: Frozen) -> None:
    table, version = frozen
    put_signature(table.og.sign, version)
    [signature] = signatures(table)
    query = select(HistoryEntry).where(col(HistoryEntry.kind) == str(Kind.VERSION_SIGNED))
    with table.store.reading() as session:
        entry = session.execute(query).scalar_one()
    assert (entry.circle, entry.actor) == ("shared", "og.sign")
    told = json.loads(entry.payload or "")
    assert told["content_hash"] == version.content_hash
    assert told["evidence_hash"] == fingerprint_of_evidence(signature.evidence)
    assert told["evidence"] == signature.evidence
