"""Before the first signature the parties together may reopen what they froze: it is voided, kept, and no contract."""

import io
import json
import zipfile
from collections.abc import Callable
from itertools import count
from threading import Event, Semaphore, Thread

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from negotiation.documents.archive import read_archive
from negotiation.errors import (
    AlreadyDone,
    Frozen,
    InvalidInput,
    NotAllowed,
    RecentSigninRequired,
    SignedAlready,
    VersionVoided,
)
from negotiation.rules.vocabulary import SHARED, Phase
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.drafting import drafted_texts
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.freezing import Rendered, next_mark
from negotiation.services.signing_terms import decline, remind
from negotiation.services.unfreezing import agree_to_reopen, ask_reopening, decline_reopening, take_back_reopening
from negotiation.store import Store
from negotiation.store.contract import Negotiation
from negotiation.store.queries.closing import freeze_requests, frozen_versions, in_force, shared_head
from negotiation.store.queries.in_force import version_in_force
from negotiation.store.queries.signatures import head_seals, reopening_rows
from negotiation.store.queries.waiting import signatures_due
from negotiation.store.record import FrozenVersion
from negotiation.verifier import MANIFEST, manifest_of, verify_archive
from tests.builders import Person, Table, a_table
from tests.closing_table import an_agreed_table, ask, closing_scenario, put_signature
from tests.drafting_table import Browser, DraftingTable
from tests.integration.test_leaving import brought_in, carried_away
from tests.sealing_table import signature_fields, sits
from tests.visitors import Visitor

EMPTY = "fa01.material_means"
"""A clause that the contract does without: it is written in until the gel."""
PATIENCE = 60.0
"""Seconds, on a machine that does many other things."""
MOTIVE = "Le montant de l’engagement EN03 est faux."


@pytest.fixture
def table(store: Store) -> Table:
    return an_agreed_table(store)


def frozen(table: Table) -> FrozenVersion:
    """What its PDF shows matters to none of these stories."""
    with table.store.reading() as session:
        mark = next_mark(session, session.get_one(Negotiation, table.id))
        rendered = Rendered(contract_as_it_stands(session, table.id), b"%PDF-1.7 " + mark.label.encode(), mark)
    asked = [ask(person, rendered) for person in (table.og.dg, table.ars.dg, table.cd.sign)]
    with table.store.reading() as session:
        return session.get_one(FrozenVersion, asked[-1].frozen_version_id)


def want_reopening(person: Person, version: FrozenVersion, motive: str = MOTIVE) -> bool:
    with person.table.store.unit_of_work() as uow:
        return ask_reopening(uow, person.actor, version_id=version.id, motive=motive)


def consent(person: Person, version: FrozenVersion) -> bool:
    with person.table.store.unit_of_work() as uow:
        return agree_to_reopen(uow, person.actor, version_id=version.id)


def refuse(person: Person, version: FrozenVersion, reason: str = "Le texte est bon.") -> None:
    with person.table.store.unit_of_work() as uow:
        decline_reopening(uow, person.actor, version_id=version.id, reason=reason)


def take_back(person: Person, version: FrozenVersion) -> None:
    with person.table.store.unit_of_work() as uow:
        take_back_reopening(uow, person.actor, version_id=version.id)


def reopened(table: Table, version: FrozenVersion) -> None:
    assert not want_reopening(table.ars.dg, version)
    assert not consent(table.og.dg, version)
    assert consent(table.cd.dg, version)


def who_agrees(table: Table, version: FrozenVersion) -> list[str]:
    with table.store.reading() as session:
        return [row.party_id for row in reopening_rows(session, version.id)]


def refused_by_the_database(table: Table, order: str) -> str:
    with pytest.raises(DBAPIError) as refusal, table.store.unit_of_work() as uow:
        uow.session.execute(text(order))
    return str(refusal.value.orig)


def test_all_parties_reopen_what_nobody_signed_and_freeze_it_anew(table: Table) -> None:
    first = frozen(table)
    unfreeze = f"UPDATE negotiation SET frozen_at = NULL WHERE id = '{table.id}'"
    assert "frozen: negotiation" in refused_by_the_database(table, unfreeze)
    reopened(table, first)

    negotiation = table.negotiation()
    assert (negotiation.frozen_at, negotiation.phase) == (None, Phase.NEGOTIATION)
    with table.store.reading() as session:
        [seen] = frozen_versions(session, table.id)
        assert seen.voided is not None and (seen.voided.motive, seen.voided.party_id) == (MOTIVE, table.ars.id)
        assert (in_force([seen]), version_in_force(session, table.id)) == (None, None)
        assert freeze_requests(session, table.id) == {}
        assert signatures_due(session, [table.og.sign.actor]) == ()
    for act in (
        lambda: put_signature(table.og.sign, first),
        lambda: want_reopening(table.og.dg, first),
        lambda: consent(table.og.dg, first),
    ):
        with pytest.raises(VersionVoided):
            act()
    signs = f"UPDATE signature SET signed_on = '2026-01-05' WHERE frozen_version_id = '{first.id}'"
    assert "voided: signature" in refused_by_the_database(table, signs)
    assert "immutable: voided_version" in refused_by_the_database(table, "UPDATE voided_version SET motive = ''")

    table.ars.dg.reopen("en03", "Le montant.")  # what the gel had closed is open again
    table.og.dg.consent("en03")
    table.agree("en03", "L’agence finance le poste.", "43000")
    second = frozen(table)
    assert (first.number, second.number, second.label) == ("v1.0", "v1.1", "v1.1")
    put_signature(table.og.sign, second)
    with pytest.raises(SignedAlready):
        want_reopening(table.ars.dg, second)
    assert "frozen: negotiation" in refused_by_the_database(table, unfreeze)
    forged = f"'{table.id}', '{second.id}', '{table.og.id}', 'x', 1, '2026-01-05 00:00:00'"
    columns = "id, negotiation_id, frozen_version_id, party_id, motive, sequence, at"
    void = f"INSERT INTO voided_version ({columns}) VALUES ('forged', {forged})"
    assert "signed: voided_version" in refused_by_the_database(table, void)


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_party_asks_with_a_motive_and_each_answers_for_itself(table: Table) -> None:
    version = frozen(table)
    for motive in ("  ", "x" * 1001):
        with pytest.raises(InvalidInput):
            want_reopening(table.og.dg, version, motive)
    for person in (table.asso.dg, table.og.lect):
        with pytest.raises(NotAllowed):
            want_reopening(person, version)
    with pytest.raises(RecentSigninRequired):
        want_reopening(table.og.dg.long_ago(), version)
    with pytest.raises(AlreadyDone):
        consent(table.ars.dg, version)  # nobody asks
    want_reopening(table.og.dg, version)
    for act in (
        lambda: want_reopening(table.ars.dg, version),
        lambda: consent(table.og.dg, version),
        lambda: refuse(table.og.dg, version),
    ):
        with pytest.raises(AlreadyDone):
            act()

    consent(table.ars.dg, version)
    take_back(table.ars.dg.long_ago(), version)
    assert who_agrees(table, version) == [table.og.id]
    consent(table.ars.dg, version)
    refuse(table.cd.dg.long_ago(), version)
    assert who_agrees(table, version) == []
    want_reopening(table.cd.dg, version)
    consent(table.og.dg, version)
    take_back(table.cd.dg, version)
    assert who_agrees(table, version) == []
    assert table.negotiation().frozen_at is not None


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_the_first_signature_ends_what_was_asked(table: Table) -> None:
    version = frozen(table)
    want_reopening(table.og.dg, version)
    consent(table.ars.dg, version)
    put_signature(table.og.sign, version)
    with pytest.raises(SignedAlready):
        consent(table.cd.dg, version)
    assert (who_agrees(table, version), table.negotiation().frozen_at is not None) == ([], True)


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_who_declined_to_sign_may_ask_and_nobody_is_reminded_of_what_was_voided(table: Table) -> None:
    version = frozen(table)
    with table.store.unit_of_work() as uow:
        decline(uow, table.cd.sign.actor, version_id=version.id, reason="Le montant est faux.")
    reopened(table, version)
    for act in (
        lambda uow: remind(uow, table.og.dg.actor, version_id=version.id),
        lambda uow: decline(uow, table.og.sign.actor, version_id=version.id, reason="Trop tard."),
    ):
        with pytest.raises(VersionVoided), table.store.unit_of_work() as uow:
            act(uow)


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_the_page_shows_who_asks_who_consents_and_what_was_voided(app: Flask, table: Table) -> None:
    version, address = frozen(table), f"/negociations/{table.id}"
    signs = signature_fields(table, table.og.sign)  # on his screen since before anybody asked
    og, ars, cd = (sits(app, person.email).choose_password() for person in (table.og.sign, table.ars.dg, table.cd.dg))
    assert "Demander à rouvrir" in ars.get(f"{address}/versions").text

    def say(who: Visitor, act: str, **words: str) -> TestResponse:
        return who.post(f"{address}/rouvrir", {"act": act, "version_id": version.id, **words})

    empty = say(ars, "ask", motive=" ")
    assert (empty.status_code, "Dites pourquoi rouvrir" in empty.text) == (422, True)
    refused = say(og, "decline", reopening_reason="Tout est bon.")
    assert (refused.status_code, "Tout est bon." in refused.text) == (409, False)  # nobody asks
    assert say(ars, "ask", motive=MOTIVE).status_code == 302
    assert MOTIVE in og.get("/").text and "demande à rouvrir" in og.get(address).text
    for sure in (ars.get("/").text, Visitor(app).enter(table.og.lect.email).get("/").text):
        assert MOTIVE not in sure  # who asked, and who decides nothing
    page = og.get(f"{address}/versions").text
    assert MOTIVE in page and "Consentir à rouvrir" in page and "Une signature y met fin." in page
    assert say(og, "agree").status_code == 302
    assert "Retirer notre consentement" in og.get(f"{address}/versions").text
    assert "tout s’écrit de nouveau" in cd.get(say(cd, "agree").headers["Location"]).text

    with table.store.reading() as session:
        (sealed,) = head_seals(session, table.id)
        head = shared_head(session, table.id)
    assert head and sealed["statement"]["hash"] == head["hash"]
    page = og.get(f"{address}/versions").text
    assert "Versions annulées" in page and MOTIVE in page and "Demander le gel" in page
    assert og.get(f"{address}/versions/{version.id}/contrat.pdf").data == version.pdf
    late = og.post(f"{address}/signature", signs)
    assert (late.status_code, "annulée avant toute signature" in late.text) == (409, True)
    assert signs["mandate"] in late.text


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_what_was_voided_is_genuine_and_no_contract_even_when_the_next_has_its_text(app: Flask, table: Table) -> None:
    first = frozen(table)
    reopened(table, first)
    second = frozen(table)
    put_signature(table.og.sign, second)
    assert first.content_hash == second.content_hash

    verdict = Visitor(app).post("/verifier", {"file": (io.BytesIO(first.pdf), "v1.pdf")}).text
    assert "annulée avant toute signature" in verdict and "n’est pas le contrat" in verdict
    with table.store.unit_of_work() as uow:
        left = pack_archive(collect_archive(uow, table.og.dg.actor)).data
    report = verify_archive(left)
    assert report.ok, report.first_problem
    [told] = [check.detail for check in report.checks if "« v1.0 »" in check.detail]
    assert "0 signature de ce texte, annulée avant toute signature" in told
    assert any("« v1.1 »" in check.detail and "1 signature de ce texte" in check.detail for check in report.checks)
    assert any("« v1.0 » soit le contrat" in limit for limit in report.does_not_prove)

    members = read_archive(left)
    folder = next(name for name, data in members.items() if data == first.pdf).rpartition("/")[0]
    kept = {name: data for name, data in members.items() if not name.startswith(folder)}
    heads = json.loads(kept.pop(MANIFEST))["heads"]
    short = verify_archive(zipped(kept | {MANIFEST: manifest_of(kept, heads)}))
    assert "manque au dossier" in str(short.first_problem)


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_who_leaves_comes_home_with_what_was_voided_and_the_next_gel(table: Table, elsewhere: Store) -> None:
    first = frozen(table)
    reopened(table, first)
    left = carried_away(table.store, table.id, table.og.dg.email)
    home = Table(elsewhere, brought_in(elsewhere, left, table.og.dg.email))
    with elsewhere.reading() as session:
        [seen] = frozen_versions(session, home.id)
        assert (seen.number, seen.content_hash, seen.voided and seen.voided.motive) == (
            first.number,
            first.content_hash,
            MOTIVE,
        )
        assert in_force([seen]) is None
        assert next_mark(session, session.get_one(Negotiation, home.id)).number == "v1.1"
    assert (home.negotiation().frozen_at, home.negotiation().phase) == (None, Phase.NEGOTIATION)
    assert "immutable: voided_version" in refused_by_the_database(home, "DELETE FROM voided_version")


def test_what_a_file_declares_signed_is_never_reopened(store: Store) -> None:
    contract = a_table(store, closing_scenario(status="signed"))
    with store.reading() as session:
        version = version_in_force(session, contract.id)
    assert version is not None and version.declared
    with pytest.raises(SignedAlready):
        want_reopening(contract.ars.dg, version)
    forged = f"'forged', '{contract.id}', '{version.id}', '{contract.og.id}', 'x', 1, '2026-01-05 00:00:00'"
    columns = "id, negotiation_id, frozen_version_id, party_id, motive, sequence, at"
    void = f"INSERT INTO voided_version ({columns}) VALUES ({forged})"
    assert "signed: voided_version" in refused_by_the_database(contract, void)
    unfreeze = f"UPDATE negotiation SET frozen_at = NULL WHERE id = '{contract.id}'"
    assert "frozen: negotiation" in refused_by_the_database(contract, unfreeze)


@pytest.mark.parametrize("database_url", ["PostgreSQL"], indirect=True)
def test_what_the_gel_refused_to_writers_comes_in_once_it_is_reopened(table: Table) -> None:
    """Two writers never stop: nothing comes in between the gel and the reopening, and no word of theirs is lost."""
    draft, empty = DraftingTable(table), table.clause_id(EMPTY)
    writers = [Browser(draft, name, part="fa01") for name in ("og.dg", "ars.dg")]
    begun, again, stop, refused = Semaphore(0), Event(), Event(), Semaphore(0)
    kept: list[str] = []

    def write(browser: Browser) -> None:
        for number in count():
            update = browser.type(word := f"{browser.name}-{number}.", empty)
            try:
                browser.push(update)
            except Frozen:
                refused.release()
                again.wait(PATIENCE)
                browser.push(update)  # what the browser kept
            kept.append(word)
            begun.release()
            if stop.is_set():
                return

    threads = [Thread(target=write, args=(browser,), daemon=True) for browser in writers]
    for thread in threads:
        thread.start()
    for _ in range(6):
        assert begun.acquire(timeout=PATIENCE)
    version = frozen(table)
    for _ in writers:
        assert refused.acquire(timeout=PATIENCE)
    before = len(kept)
    reopened(table, version)
    assert len(kept) == before
    stop.set()
    again.set()
    for thread in threads:
        thread.join(PATIENCE)
    with table.store.reading() as session:
        written = drafted_texts(session, writers[0].part_id, circle=SHARED)[empty]
    assert sorted(written.split("\n\n")) == sorted(kept) and len(kept) == before + len(writers)

    # A signature and the last consent at one moment: one is first, and the other is told so.
    version = frozen(table)
    want_reopening(table.ars.dg, version)
    consent(table.og.dg, version)
    told: list[str] = []

    def attempt(act: Callable[[], object]) -> None:
        try:
            act()
        except (SignedAlready, VersionVoided) as refusal:
            told.append(refusal.code)

    acts = (lambda: put_signature(table.og.sign, version), lambda: consent(table.cd.dg, version))
    both = [Thread(target=attempt, args=(act,)) for act in acts]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(PATIENCE)
    assert told == ["version_voided" if table.negotiation().frozen_at is None else "signed_already"]


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(members):
            archive.writestr(name, members[name])
    return packed.getvalue()
