"""The heads that people keep: mailed to each party at a gel and on Fridays, and what an archive is checked against."""

import json
import re
from datetime import datetime, timedelta

import pytest
from flask import Flask

from negotiation import verifier
from negotiation.documents.archive import read_archive
from negotiation.rules.paris import PARIS
from negotiation.rules.vocabulary import Notice, Rhythm
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.heads import last_friday
from negotiation.store.record import FrozenVersion, VoidedVersion
from tests import mail_table
from tests.builders import Table
from tests.mail_server import Arrived, PostBox
from tests.mail_table import choose, mail_round
from tests.mornings import Clock

database_url = mail_table.database_url
settings, table, clock = mail_table.settings, mail_table.table, mail_table.clock


def heads_in(box: PostBox) -> list[Arrived]:
    return [letter for letter in box.letters if "historique" in letter.header("Subject")]


def friday_evening(clock: Clock) -> None:
    """Ten past six in Paris, on the next Friday."""
    day = clock.next_weekday(4).astimezone(PARIS)
    clock.moment = datetime.combine(day.date(), last_friday(day).timetz(), PARIS) + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-11-20T17:59", "2026-11-13"),
        ("2026-11-20T18:00", "2026-11-20"),
        ("2026-11-22T23:00", "2026-11-20"),
        ("2026-10-25T12:00", "2026-10-23"),
    ],
)
def test_heads_are_due_on_fridays_at_six_in_the_evening(moment: str, due: str) -> None:
    friday = last_friday(datetime.fromisoformat(moment).replace(tzinfo=PARIS))
    assert (friday.date().isoformat(), friday.hour) == (due, 18)


def test_each_party_gets_the_head_on_friday_once_when_something_happened(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    choose(table.ars.sign, Rhythm.OFF, Notice.RECEIPT)
    table.og.dg.propose("en01", "Un texte que le courriel ne dit pas.")
    friday_evening(clock)
    mail_round(app)
    mail_round(app)
    got = [letter.recipient for letter in heads_in(box)]
    assert sorted(got) == sorted(set(got)), "once each"
    assert {table.og.dg.email, table.og.sign.email, table.ars.dg.email} <= set(got)
    assert {table.ars.sign.email, table.og.lect.email}.isdisjoint(got)
    assert not any("texte que le courriel" in letter.text + letter.html for letter in heads_in(box))
    before = len(got)
    clock.pass_by(days=7)
    mail_round(app)
    assert len(heads_in(box)) == before, "nothing happened that week"


def test_a_gel_sends_the_head_and_the_fingerprint_of_the_frozen_text(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    with table.store.unit_of_work() as uow:
        gel = {"label": "v1", "number": "v1.0", "content": "{}", "pdf": b"", "pdf_hash": "", "heads": {}}
        told = {"content_hash": "c0" * 32, "frozen_at": clock.moment}
        uow.session.add(FrozenVersion(negotiation_id=table.id, **gel, **told))
    mail_round(app)
    assert {table.og.dg.email, table.ars.dg.email} <= {letter.recipient for letter in heads_in(box)}
    assert all("c0" * 32 in letter.text for letter in heads_in(box))


def test_a_voided_version_sends_the_head_that_says_so_once(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    with table.store.unit_of_work() as uow:
        gel = {"label": "v1", "number": "v1.0", "content": "{}", "pdf": b"", "pdf_hash": "", "heads": {}}
        version = FrozenVersion(negotiation_id=table.id, **gel, content_hash="c0" * 32, frozen_at=clock.moment)
        uow.session.add(version)
        uow.session.flush()
        void = {"motive": "Le montant est faux.", "sequence": 1, "at": clock.moment}
        by = {"frozen_version_id": version.id, "party_id": table.og.id}
        uow.session.add(VoidedVersion(negotiation_id=table.id, **by, **void))
    mail_round(app)
    mail_round(app)
    got = [letter.recipient for letter in heads_in(box)]
    assert sorted(got) == sorted(set(got)) and {table.og.dg.email, table.ars.dg.email} <= set(got)
    assert not any("c0" * 32 in letter.text for letter in heads_in(box))


def test_an_archive_is_checked_against_the_head_that_somebody_kept(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    table.og.dg.propose("en01", "Un premier texte.")
    friday_evening(clock)
    mail_round(app)
    (kept,) = re.findall(r"--head shared=([0-9a-f]{64})", heads_in(box)[0].text)
    table.ars.dg.comment("en01")
    with table.store.unit_of_work() as uow:
        honest = pack_archive(collect_archive(uow, table.og.dg.actor)).data
    assert verifier.verify_archive(honest, {"shared": kept}).ok
    report = verifier.verify_archive(honest, {"shared": "f" * 64})
    assert (report.ok, "tête que vous avez conservée" in str(report.first_problem)) == (False, True)


def test_each_weeks_head_is_signed_once_and_its_mail_carries_the_signature(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    table.og.dg.propose("en01", "Un premier texte.")
    friday_evening(clock)
    mail_round(app)
    with table.store.unit_of_work() as uow:
        archive = read_archive(pack_archive(collect_archive(uow, table.og.dg.actor)).data)
    (seal,) = json.loads(archive[verifier.HEADS])["seals"]
    key, signature = (bytes.fromhex(each) for each in (seal["statement"]["key"], seal["signature"]))
    assert verifier.ed25519_holds(key, verifier.canonical(seal["statement"]), signature)
    said = {seal["statement"]["hash"], seal["statement"]["key"], seal["signature"]}
    assert all(word in letter.text and word in letter.html for letter in heads_in(box) for word in said)
