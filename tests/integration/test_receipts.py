"""Receipts: both sides hold by mail what was done, on which version, with its fingerprint (trust T14)."""

import re

from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.vocabulary import Gesture, Move, Notice, Rhythm, Role
from negotiation.services.orders import Order
from negotiation.services.visas import give_visa, set_visa_rule, submit
from negotiation.store.exchange import Version
from tests import mail_table
from tests.builders import Person, Table
from tests.mail_server import Arrived, PostBox
from tests.mail_table import act, choose, mail_round, only
from tests.mornings import Clock
from tests.visitors import Visitor

database_url = mail_table.database_url
settings, table, clock = mail_table.settings, mail_table.table, mail_table.clock

RECEIPTS = "Accusés de réception"


def words(letter: Arrived) -> str:
    return letter.text.replace("\u00a0", " ").replace("\u202f", " ")


def fingerprints(letter: Arrived) -> list[str]:
    found = re.findall(r"empreinte ([0-9a-f]+)\b", letter.text)
    assert found == re.findall(r"empreinte <code>([0-9a-f]+)</code>", letter.html)
    return found


def the_mail_of(box: PostBox, person: Person) -> Arrived:
    (letter,) = only(box, person)
    return letter


def kept(table: Table) -> list[str]:
    with table.store.reading() as session:
        query = select(col(Version.fingerprint)).where(col(Version.negotiation_id) == table.id)
        return list(session.execute(query).scalars())


def test_both_sides_hold_the_fingerprint_of_what_was_accepted(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    act(table.og.dg, Move.PROPOSAL, "en01", "Nous visons 94 %.", value=94)
    act(table.ars.dg, Move.ACCEPTANCE, "en01")
    clock.next_morning()
    mail_round(app)
    proof = version_fingerprint("Nous visons 94 %.", table.current("en01").value)  # type: ignore[union-attr]
    assert proof in kept(table)
    for somebody in (table.og.dg, table.og.sign, table.ars.dg, table.ars.sign):
        letter = the_mail_of(box, somebody)
        assert fingerprints(letter) == [proof, proof]
        said = words(letter)
        assert "EN01, version 1 : proposition" in said
        assert "EN01, version 1 : acceptation, accord de toutes les parties concernées" in said
        assert re.search(r"\d{4} à \d+ h.*, .+ \(.+\) : 1 acte", said)
        navette = f"/clauses/{table.clause_id('en01')}/navette"
        steps = re.findall(rf"http://127.0.0.1:8000{navette}\?etape=(\S+)", said)
        assert len(set(steps)) == 2
        reader = Visitor(app).enter(somebody.email)
        assert [reader.get(f"{navette}?etape={step}").location for step in steps] == [
            f"{navette}#etape-{step}" for step in steps
        ]
        assert "Nous visons" not in said and "94 %" not in said
        assert "mouvement" not in said, "told once"
    assert RECEIPTS not in the_mail_of(box, table.ars.lect).text, "nothing commits a reader"


def test_one_gesture_on_many_clauses_is_one_receipt(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    for number in (1, 2, 3):
        act(table.og.dg, Move.PROPOSAL, f"en0{number}", f"Texte {number}.", value=None, bundle="together")
    clock.next_morning()
    mail_round(app)
    letter = the_mail_of(box, table.ars.dg)
    assert words(letter).count(" : 3 actes") == 1
    assert sorted(fingerprints(letter)) == sorted(version_fingerprint(f"Texte {number}.", None) for number in (1, 2, 3))


def test_a_receipt_comes_with_the_first_mail_that_tells_the_fact_and_in_no_other(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    """A fallen acceptance is told at once; moves, because one asked; receipts alone, the next morning."""
    choose(table.og.dg, Rhythm.IMMEDIATE, Notice.MOVES)
    choose(table.og.sign, Rhythm.OFF, Notice.RECEIPT)
    act(table.og.dg, Move.PROPOSAL, "en01", "Un.")
    act(table.ars.dg, Move.RESERVE, "en01", "Sous réserve.")
    clock.pass_by(minutes=1)
    mail_round(app)
    assert len(fingerprints(the_mail_of(box, table.og.dg))) == 2
    clock.next_morning()
    mail_round(app)
    assert len(only(box, table.og.dg)) == 1
    assert len(fingerprints(the_mail_of(box, table.ars.dg))) == 2
    without = the_mail_of(box, table.og.sign)
    assert RECEIPTS not in without.text and "2 mouvements" in words(without)


def test_a_receipt_says_nothing_of_what_the_other_side_did_before(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.SIGNATORY)
    with table.store.unit_of_work() as uow:
        order = Order(Move.PROPOSAL, text="Mot secret.", motive="Motif secret.")
        asked = submit(uow, table.og.dg.actor, table.clause_id("en01"), order, words="Dites oui.").request_id
    clock.next_morning()
    mail_round(app)
    assert only(box, table.ars.dg) == [], "nothing left yet"
    with table.store.unit_of_work() as uow:
        give_visa(uow, table.og.sign.actor, asked or "")
    clock.next_morning()
    mail_round(app)
    letter = the_mail_of(box, table.ars.dg)
    assert len(fingerprints(letter)) == 1
    assert not re.search("visa|secret|Dites", letter.text + letter.html)
