"""Confidentiality of what leaves (trust T7): the frozen contract, its PDF, the archive, the output of the command."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.commands import main
from negotiation.documents.archive import read_archive
from negotiation.rules.vocabulary import Gesture, Move, Role
from negotiation.services.moves import play
from negotiation.services.orders import Order
from negotiation.services.visas import set_visa_rule, submit
from negotiation.store import Store
from tests.builders import Table, a_table
from tests.crawling import answer_of, archive_of, crawl, ids_of
from tests.opened_bytes import words_met
from tests.reviews_table import a_dialogue, in_force
from tests.scenarios import Json
from tests.secrets_table import DECIDING, PARTIES, SecretsTable, Words, a_file, reader_of, set_secrets, speaker

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def a_signed_file(words: Words) -> Json:
    """The file of secrets, signed: what its engagements came to is declared by the signature."""
    content = a_file(words)
    content["negotiation"]["status"] = content["signature"]["status"] = "signed"
    for engagement in content["engagements"]:
        engagement["status"] = "accepted"
        shared = [move for move in engagement["moves"] if move["visibility"] == "shared"]
        for move in shared:
            engagement |= {"final_move_id": move["id"], "final_text": move["text"]}
    return content


@pytest.fixture
def signed(app: Flask) -> SecretsTable:
    words = Words()
    found = SecretsTable(a_table(app.extensions["store"], a_signed_file(words)), words)
    prepare_a_dialogue(in_force(found.table), words)
    return found


def prepare_a_dialogue(table: Table, words: Words) -> None:
    """A dialogue de gestion is open; each party says something of a value inside, and one waits for its visa."""
    clause_id = a_dialogue(table, table.og.dg).cards()["observed.i01"].id
    with table.store.unit_of_work() as uow:
        for party in DECIDING:
            seat = getattr(table, party)
            note = Order(Move.COMMENT, text=words.new(party, "note on a value"), circle=seat.inside)
            play(uow, seat.dg.actor, clause_id, note)
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.SIGNATORY)
        kept = Order(Move.PROPOSAL, text=words.new("og", "value that waits"), value="93,5")
        submit(uow, table.og.dg.actor, clause_id, kept)


@pytest.mark.parametrize("party", PARTIES)
def test_what_is_frozen_printed_and_archived_keeps_every_secret(app: Flask, signed: SecretsTable, party: str) -> None:
    ids = ids_of(signed.table.store, signed.table.id)
    shown = {name: values[:1] if name == "clause_id" else values for name, values in ids.items()}
    reader = reader_of(app, signed, party)
    answers = crawl(reader, shown, asked=dict.fromkeys(ids, ()))  # type: ignore[arg-type]
    answers |= archive_of(reader, signed.table.id)
    met = {address: words_met(answer.body, signed.words.kept_from(party)) for address, answer in answers.items()}
    assert {address: found for address, found in met.items() if found} == {}
    (pdf,) = (answer.body for address, answer in answers.items() if address.endswith("/contrat.pdf"))
    assert words_met(pdf, ["commission"]) == {"commission"}, "the words of a PDF are read"
    assert words_met(pdf, signed.words.told) == set(), "not even his own inside is printed"


def test_everybody_gets_the_same_frozen_bytes(app: Flask, signed: SecretsTable) -> None:
    (version,) = ids_of(signed.table.store, signed.table.id)["version_id"]
    address = f"/negociations/{signed.table.id}/versions/{version}/contrat.pdf"
    assert len({answer_of(reader_of(app, signed, party).get(address)).body for party in PARTIES}) == 1


@pytest.mark.parametrize("party", ["og", "asso"])
def test_what_leaves_whole_with_its_documents_keeps_every_secret_of_the_others(app: Flask, party: str) -> None:
    found = set_secrets(app.extensions["store"])
    reader, address = reader_of(app, found, party), f"/negociations/{found.table.id}/partir"
    assert "Télécharger le dossier" in reader.post(address, follow_redirects=True).text
    answer = reader.get(f"{address}/dossier.zip")
    members = read_archive(answer.data)
    assert {"documents/contrat-projet.pdf", "documents/contrat-suivi.docx", "donnees/move.json"} <= set(members)
    assert words_met(answer.data, found.words.kept_from(party)) == set()
    addresses = [getattr(found.table, key).dg.email for key in DECIDING]
    assert words_met(answer.data, addresses) == set(), "no account leaves"


@pytest.mark.parametrize("party", PARTIES)
def test_the_archive_tells_each_reader_his_own_inside_and_no_other(app: Flask, party: str, database_url: str) -> None:
    found = set_secrets(app.extensions["store"])
    (archive,) = (answer.body for answer in archive_of(reader_of(app, found, party), found.table.id).values())
    met = words_met(archive, found.words.told)
    assert met & set(found.words.kept_from(party)) == set()
    assert set(found.words.open_to(party)) - met == set(), "all that is his leaves with him"
    chains = [name for name in read_archive(archive) if name.startswith("historique/")]
    assert len(chains) == (3 if party in ("ars", "cd") else 2)


@pytest.fixture
def command(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    """What `navette` prints, on this test's database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        assert not ended.value.code
        return str(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("party", PARTIES)
def test_the_command_tells_as_much_as_the_page_of_its_reader(
    store: Store, command: Any, tmp_path: Path, party: str
) -> None:
    found = set_secrets(store)
    key, reader = found.table.negotiation().key, speaker(found.table, party).email
    told = [command("history", key, "--as", reader), command("history", key, "--as", reader, "--json")]
    command("export", key, "--as", reader, "--format", "archive", "-o", tmp_path / "export.zip")
    told += [command("list"), command("list", "--json"), (tmp_path / "export.zip").read_bytes()]
    printed = [each if isinstance(each, bytes) else each.encode() for each in told]
    assert [words_met(each, found.words.kept_from(party)) for each in printed] == [set()] * len(printed)
    assert words_met(printed[-1], found.words.open_to(party))
    assert json.loads(told[1])


def test_two_negotiations_never_meet_in_an_export(store: Store, command: Any, tmp_path: Path) -> None:
    found, other = set_secrets(store), Table(store, set_secrets(store).table.id)
    command("export", other.negotiation().key, "--as", other.og.dg.email, "-o", tmp_path / "export.zip")
    assert words_met((tmp_path / "export.zip").read_bytes(), found.words.told) == set()
