"""Leaving with all that one reads, and coming home to another instance: the same contract, heads and frozen bytes."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from sqlalchemy import select
from sqlmodel import SQLModel, col

from negotiation import verifier
from negotiation.documents.archive import read_archive
from negotiation.documents.pandoc import program
from negotiation.errors import AlreadyImported, InvalidArchive
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Move
from negotiation.services.bringing_in import bring_in, read_archive_to_import
from negotiation.services.carrying import Documents
from negotiation.services.crediting import credits_of
from negotiation.services.draft_starts import set_aside
from negotiation.services.drafted import standing
from negotiation.services.drafting import LiveDrafts, open_draft, push_update
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.moves import play
from negotiation.services.orders import Order
from negotiation.services.private_history import choose_fate
from negotiation.services.signing_acts import join_act
from negotiation.services.signing_on_paper import bring_paper, confirm_paper, opened_scan
from negotiation.store import Announcing, Store
from negotiation.store.exchange import Draft
from negotiation.store.queries.carried import ELSEWHERE, TABLES, columns_of
from negotiation.store.queries.closing import signatories_of
from negotiation.store.queries.visibility import visible
from tests.builders import a_table
from tests.closing_table import MANDATE, an_agreed_table
from tests.drafting_table import Browser, DraftingTable, set_table
from tests.imported_once import imported_once
from tests.membership import reader
from tests.scanned import a_pdf
from tests.scenarios import EHPAD, HANDICAP
from tests.sealing_table import click_signature, gel_by_clicks, the_version

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
NEW_THERE = {"donnees/import_record.json", "manifest.json"}
"""What differs: that it was imported; and, unless both are of one second, the moment of the export."""


def differing(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def carried_away(store: Store, negotiation_id: str, email: str, documents: Documents = Documents.NONE) -> bytes:
    actor = reader(store, negotiation_id, email)
    with store.unit_of_work() as uow:
        content = collect_archive(uow, actor, documents=documents)
    return pack_archive(content).data


def brought_in(store: Store, data: bytes, email: str) -> str:
    archive = read_archive_to_import(data)
    with store.unit_of_work(Announcing.SILENT) as uow:
        return bring_in(uow, archive, email=email).negotiation_id


@pytest.mark.parametrize(("scenario", "member"), [(EHPAD, "cd.tarif"), (HANDICAP, "og.dg")])
def test_who_leaves_comes_home_with_the_same_contract_heads_and_frozen_bytes(
    store: Store, elsewhere: Store, scenario: Path, member: str
) -> None:
    email = f"{member}@{scenario.stem}.example"
    negotiation_id = imported_once(store, json.loads(scenario.read_text(encoding="utf-8")))
    left = carried_away(store, negotiation_id, email)
    assert brought_in(elsewhere, left, email) == negotiation_id
    again = carried_away(elsewhere, negotiation_id, email)
    before, after = read_archive(left), read_archive(again)
    assert differing(before, after) - {"negociation.json"} == NEW_THERE
    reports = [verifier.verify_archive(data) for data in (left, again)]
    assert [report.ok for report in reports] == [True, True]
    assert reports[0].heads == reports[1].heads
    assert len(reports[0].heads) == (2 if member.startswith("og") else 3)


def test_a_contract_sealed_and_signed_here_comes_home_with_its_seals(app: Flask, elsewhere: Store) -> None:
    table = an_agreed_table(app.extensions["store"])
    gel_by_clicks(app, table)
    click_signature(app, table.og.sign)
    email, scan = table.ars.dg.email, a_pdf("Signé à la main")
    with table.store.unit_of_work() as uow:
        version = the_version(table)
        said = {
            "version_id": version.id,
            "seen_hash": version.content_hash,
        }
        by_hand = {"mandate": MANDATE, "signer": "Luc Ferrand"}
        place = signatories_of(uow.session, table.id, version.id)[2].signatures[0].id
        join_act(uow, table.cd.dg.actor, scan=opened_scan(a_pdf("Délibération")), signature_id=place, **said)
        paper = bring_paper(uow, table.cd.dg.actor, scan=opened_scan(scan), signature_id=place, **said, **by_hand)
    for other in (table.og.dg, table.ars.dg):
        with table.store.unit_of_work() as uow:
            confirm_paper(uow, other.actor, paper)
    left = carried_away(table.store, table.id, email)
    assert read_archive(left)["versions/01/papier-01.pdf"] == scan
    assert "versions/01/acte-01.pdf" in read_archive(left)
    lost = forged(left, "party", lambda rows: None, without="versions/01/papier-01.pdf")
    assert "l’exemplaire numérisé de la signature 2 manque" in str(verifier.verify_archive(lost).first_problem)
    brought_in(elsewhere, left, email)
    again = carried_away(elsewhere, table.id, email)
    before, after = read_archive(left), read_archive(again)
    assert differing(before, after) - {"negociation.json"} == NEW_THERE
    assert "tetes.json" in before and any(name.endswith("signe.pdf") for name in before)
    report = verifier.verify_archive(again)
    assert report.ok, report.first_problem


def test_life_goes_on_where_one_comes_home(store: Store, elsewhere: Store) -> None:
    table = a_table(store)
    email = table.og.dg.email
    brought_in(elsewhere, carried_away(store, table.id, email), email)
    clause_id = table.clause_id("k01.markdown")
    with elsewhere.unit_of_work() as uow:
        play(uow, reader(elsewhere, table.id, email), clause_id, Order(Move.PROPOSAL, text="Un autre texte."))
    report = verifier.verify_archive(carried_away(elsewhere, table.id, email))
    assert report.ok, report.first_problem
    head = verifier.verify_archive(carried_away(store, table.id, email)).heads["shared"]
    assert verifier.verify_archive(carried_away(elsewhere, table.id, email), {"shared": head}).ok


def drafts_of(store: Store, draft_table: DraftingTable, person: Actor, clause_id: str) -> tuple[object, ...]:
    """What this person reads of a clause in each draft, who wrote it, and what was set aside."""
    with store.reading() as session:
        query = select(Draft).where(visible(Draft.circle, person)).order_by(col(Draft.circle))
        drafts = session.execute(query).scalars().all()
        read = [(draft.circle, standing(session, draft, [clause_id])[clause_id]) for draft in drafts]
        shared = [credits_of(session, draft).clauses for draft in drafts if draft.circle == "shared"]
        return read, shared, set_aside(session, person, clause_id, side="commune")


def test_live_drafts_go_on_where_their_reader_comes_home(store: Store, elsewhere: Store) -> None:
    table = set_table(store)
    clause_id, person = table.clause_id, table.person("ars.dg")
    for name, side in (("og.dg", "commune"), ("ars.dg", "commune"), ("ars.dg", "ours"), ("og.dg", "ours")):
        browser = Browser(table, name, side=side)
        browser.push(browser.type(f"Écrit par {name} 🖋, {side}."))
    last = Browser(table, "og.redac")
    last.push(last.delete_last())
    with store.unit_of_work() as uow:
        choose_fate(uow, person.actor, "destroyed", years="5")
    left = carried_away(store, table.table.id, person.email)
    assert b"crit par og.dg \xf0\x9f\x96\x8b, ours" not in b"".join(read_archive(left).values())
    brought_in(elsewhere, left, person.email)
    there = reader(elsewhere, table.table.id, person.email)
    before = drafts_of(store, table, person.actor, clause_id)
    assert drafts_of(elsewhere, table, there, clause_id) == before
    assert "Écrit par og.dg" in str(before) and "ars.dg 🖋, ours" in str(before)
    again = read_archive(carried_away(elsewhere, table.table.id, person.email))
    assert differing(read_archive(left), again) - {"negociation.json"} == NEW_THERE
    assert "donnees/inside_fate.json" in again
    rooms, document = LiveDrafts.of(elsewhere), Doc(client_id=77)
    opened = open_draft(rooms, there, part_id=table.part_id, side="commune", state_vector=document.get_state())
    document.apply_update(opened.update)
    known, words = document.get_state(), document.get(f"clause:{clause_id}", type=XmlFragment)
    words.children.append(XmlElement("paragraph", {}, [XmlText("Repris ici.")]))
    place = {"draft_id": opened.draft_id, "epoch": opened.epoch}
    assert push_update(rooms, there, **place, op_id="x", update=document.get_update(known)).sequence == 2
    assert "Repris ici." in str(drafts_of(elsewhere, table, there, clause_id))
    update = base64.urlsafe_b64encode(b"\1\1\1").decode()
    bad = forged(left, "draft_update", lambda rows: rows[0].update(update=update))
    with pytest.raises(InvalidArchive) as refusal:
        read_archive_to_import(bad)
    assert "brouillon" in str(refusal.value.detail["problem"])


def test_what_leaves_is_whole_and_any_changed_byte_of_it_is_named(store: Store) -> None:
    table = a_table(store)
    members = read_archive(carried_away(store, table.id, table.og.dg.email, Documents.ALL))
    assert {name.partition("/")[0] for name in members} >= {"donnees", "tableaux", "documents", "clauses", "historique"}
    kinds = {name.rpartition(".")[2]: members[name][:4] for name in members if name.startswith("documents/")}
    assert {kind: start for kind, start in kinds.items() if kind != "txt"} == {"pdf": b"%PDF", "docx": b"PK\3\4"} | (
        {"odt": b"PK\3\4"} if program() else {}
    )
    rows = members["tableaux/clauses.csv"].decode("utf-8-sig").splitlines()
    assert rows[0].startswith("partie du plan;")
    for name in (
        "donnees/clause.json",
        "tableaux/mouvements.csv",
        "documents/contrat-projet.pdf",
        "scenario/negociation.json",
    ):
        report = verifier.verify_archive(zipped(members | {name: members[name][:-1] + b"?"}))
        assert (report.ok, name in str(report.first_problem)) == (False, True)


def forged(data: bytes, name: str, change: Callable[[list[dict[str, object]]], None], without: str = "") -> bytes:
    """The archive with other rows and a manifest that fits: what whoever made it could have written."""
    members = read_archive(data)
    heads = json.loads(members["manifest.json"])["heads"]
    rows = json.loads(members[f"donnees/{name}.json"])
    change(rows)
    members[f"donnees/{name}.json"] = json.dumps(rows).encode()
    del members["manifest.json"]
    members.pop(without, None)
    return zipped(members | {"manifest.json": verifier.manifest_of(members, heads)})


def test_a_forged_archive_brings_nothing_in(store: Store, elsewhere: Store) -> None:
    table = a_table(store)
    email = table.og.dg.email
    data = carried_away(store, table.id, email)
    other = a_table(store).clause_id("k01.markdown")

    def refused(forgery: bytes) -> str:
        with pytest.raises(InvalidArchive) as refusal:
            brought_in(elsewhere, forgery, email)
        return str(refusal.value.detail["problem"])

    strange = forged(data, "clause", lambda rows: rows[0].update(current_version_id=other))
    assert refused(strange) == "donnees/clause.json nomme ce qui n’est pas dans le dossier"
    assert "forme attendue" in refused(forged(data, "clause", lambda rows: rows[0].update(more="1")))
    assert "ne donnent pas le contrat" in refused(
        forged(data, "negotiation", lambda rows: rows[0].update(title="Autre"))
    )
    assert "tiennent pas ensemble" in refused(forged(data, "clause", lambda rows: rows[0].update(state="nowhere")))
    assert "tiennent pas ensemble" in refused(forged(data, "part", lambda rows: rows[0].update(position=2**70)))
    with elsewhere.reading() as session:
        assert not session.execute(SQLModel.metadata.tables["negotiation"].select()).all()
    brought_in(elsewhere, data, email)
    with pytest.raises(AlreadyImported):
        brought_in(elsewhere, data, email)


def test_every_table_says_who_carries_it_away(store: Store) -> None:
    tables = SQLModel.metadata.tables
    assert set(tables) - set(TABLES) == set()
    assert {name for name, left in ELSEWHERE.items() if left - set(tables[name].columns.keys())} == set()
    assert all(
        "password_hash" not in columns_of(tables[name]) for name in TABLES if name in tables and name != "person"
    )


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()
