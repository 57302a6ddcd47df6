"""The command `navette`, as an operator types it."""

import json
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.commands import DEMONSTRATIONS, SCENARIOS, instance, main
from negotiation.services.signing_in import link_is_open
from negotiation.store import connect_store
from negotiation.verifier import read_members
from tests.builders import a_table
from tests.scenarios import EHPAD, HANDICAP, as_bytes, engagement, move, sample, scenario

READER = "og.dg@handicap.example"
ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
"""For what asks nothing of the database."""


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Navette = Callable[..., Answer]


@pytest.fixture
def navette(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Navette:
    """Run the command on this test's database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    for name in ("HOST", "PORT", "BASE_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def open_table(navette: Navette) -> Navette:
    """The same, once the handicap negotiation is imported to 10 July 2026."""
    assert navette("import", HANDICAP, "--until", "2026-07-10").status == 0
    return navette


def test_importing_says_what_entered_and_list_shows_it(navette: Navette) -> None:
    assert navette("list").out == "Aucune négociation.\n"
    answer = navette("import", HANDICAP, "--until", "2026-07-10")
    assert answer.status == 0
    assert "59 mouvements, négociation ouverte" in answer.out
    listed = navette("list").out
    assert "handicap  ouverte, negociation, situation au 10/07/2026" in listed


def test_a_program_reads_json(navette: Navette) -> None:
    imported = navette("import", HANDICAP, "--until", "2026-07-10", "--json").json
    assert (imported["key"], imported["moves"], imported["frozen"]) == ("handicap", 59, False)
    (table,) = navette("list", "--json").json
    assert table["id"] == imported["negotiation_id"]
    assert table["situation_on"] == "2026-07-10"
    link = navette("sign-in-link", READER, "--json").json
    assert link["link"].startswith("http://127.0.0.1:8000/connexion/lien/")


def test_a_bad_file_is_refused_by_the_path_of_the_fault(navette: Navette, tmp_path: Path) -> None:
    content = scenario(engagements=[engagement("en01", {"type": "clause", "id": "k01"}, ["og", "ars"])])
    content["engagements"][0]["moves"] = [move("en01-m01", "og.lect", "proposal")]
    bad = tmp_path / "bad.json"
    bad.write_bytes(as_bytes(content))
    refused = navette("import", bad)
    assert refused.status == 1
    assert refused.out == ""
    assert "engagements[0].moves[0].member_id" in refused.err
    as_json = navette("import", bad, "--json")
    assert as_json.status == 1
    assert as_json.json["error"]["code"] == "invalid_file"
    assert as_json.json["error"]["path"] == "engagements[0].moves[0].member_id"
    assert navette("list", "--json").json == []


def test_a_file_is_imported_once(open_table: Navette) -> None:
    again = open_table("import", HANDICAP)
    assert again.status == 1
    assert "déjà" in again.err


@ONCE
def test_a_link_opens_the_account_once_made(open_table: Navette, database_url: str) -> None:
    link = open_table("sign-in-link", "OG.DG@handicap.example").out.strip()
    opened = connect_store(database_url)
    with opened.reading() as session:
        assert link_is_open(session, link.rpartition("/")[2])
    opened.engine.dispose()
    unknown = open_table("sign-in-link", "personne@handicap.example")
    assert unknown.status == 1
    assert "Aucun compte" in unknown.err


def test_a_reader_gets_the_history_of_his_own_circles_only(open_table: Navette) -> None:
    ours = open_table("history", "handicap", "--as", READER, "--json").json
    theirs = open_table("history", "handicap", "--as", "ars.resp@handicap.example", "--json").json
    assert {fact["audience"] for fact in ours} == {"shared", "party"}
    assert {fact["audience"] for fact in theirs} == {"shared", "party", "authorities"}
    inside = {fact["hash"] for fact in ours if fact["audience"] == "party"}
    assert inside and inside.isdisjoint(fact["hash"] for fact in theirs)
    lines = open_table("history", "handicap", "--as", READER).out.splitlines()
    assert len(lines) == len(ours)
    assert "Négociation importée d’un fichier" in lines[0]
    assert all(line.rstrip().endswith(".") for line in lines)


def test_an_archive_holds_the_readers_view_and_verifies(open_table: Navette, tmp_path: Path) -> None:
    archive = tmp_path / "handicap.zip"
    made = open_table("export", "handicap", "--as", READER, "--format", "archive", "-o", archive)
    assert made.status == 0
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert open_table("verify", archive).status == 0
    told = open_table("verify", archive, "--json").json
    assert told["ok"] is True
    held = b"".join(read_members(archive.read_bytes()).values()).decode(errors="replace")
    moves = [move for engagement in sample(HANDICAP)["engagements"] for move in engagement["moves"]]
    known = [move for move in moves if move["at"] < "2026-07-11"]
    theirs = [move["text"] for move in known if move["visibility"] != "shared" and move["party_id"] != "og"]
    ours = [move["text"] for move in known if move["visibility"] == "internal" and move["party_id"] == "og"]
    assert theirs and not [text for text in theirs if text in held]
    assert ours and all(text in held for text in ours)


@ONCE
def test_a_changed_archive_is_false_and_a_kept_head_is_checked(open_table: Navette, tmp_path: Path) -> None:
    archive = tmp_path / "handicap.zip"
    open_table("export", "handicap", "--as", READER, "-o", archive)
    head = open_table("verify", archive, "--json").json["heads"]["shared"]
    assert open_table("verify", archive, "--head", f"shared={head}").status == 0
    assert open_table("verify", archive, "--head", f"shared={'0' * 63}1").status == 1
    assert open_table("verify", archive, "--head", "n’importe quoi").status == 2
    broken = bytearray(archive.read_bytes())
    broken[len(broken) // 2] ^= 1
    archive.write_bytes(broken)
    assert open_table("verify", archive).status in (1, 2)


def test_exporting_leaves_a_trace_inside_the_readers_party(open_table: Navette, tmp_path: Path) -> None:
    open_table("export", "handicap", "--as", READER, "-o", tmp_path / "a.zip")
    facts = open_table("history", "handicap", "--as", READER, "--json").json
    assert [fact["audience"] for fact in facts if fact["kind"] == "archive.exported"] == ["party"]


def test_a_frozen_contract_verifies_by_its_archive_and_by_its_pdf(navette: Navette, tmp_path: Path) -> None:
    navette("import", EHPAD)
    archive, pdf = tmp_path / "ehpad.zip", tmp_path / "contrat.pdf"
    navette("export", "ehpad", "--as", "cd.chef@ehpad.example", "-o", archive)
    assert navette("verify", archive).status == 0
    members = read_members(archive.read_bytes())
    pdf.write_bytes(members["versions/01/contrat.pdf"])
    assert "Version signée du 24 novembre 2023" in navette("verify", pdf).out
    pdf.write_bytes(members["versions/01/contrat.pdf"] + b" ")
    assert navette("verify", pdf).status == 1


@ONCE
def test_keys_are_drawn_once_and_changed_only_when_it_is_asked(navette: Navette) -> None:
    first = navette("init-keys")
    assert first.status == 0
    assert "sauvegardez ce dossier" in first.out
    again = navette("init-keys")
    assert (again.status, "--rotate" in again.err) == (1, True)
    other = navette("init-keys", "--rotate")
    assert other.status == 0
    assert other.out != first.out


@ONCE
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("history", "autre", "--as", READER), "Aucune négociation « autre »"),
        (("history", "handicap", "--as", "personne@nulle.part"), "Aucun compte"),
        (("export", "handicap", "--as", "personne@nulle.part", "-o", "x.zip"), "Aucun compte"),
        (("export", "handicap", "--as", READER, "-o", "/nulle/part/x.zip"), "ne peut pas être écrit"),
        (("verify", "absent.zip"), "introuvable"),
        (("import", "absent.json"), "introuvable"),
    ],
)
def test_what_is_not_there_is_said_so(open_table: Navette, arguments: tuple[str, ...], said: str) -> None:
    answer = open_table(*arguments)
    assert answer.status in (1, 2)
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_a_reader_of_another_table_is_not_at_this_one(open_table: Navette, database_url: str) -> None:
    elsewhere = connect_store(database_url)
    stranger = a_table(elsewhere).og.dg.email
    elsewhere.engine.dispose()
    answer = open_table("history", "handicap", "--as", stranger)
    assert answer.status == 1
    assert "n’est pas à la table" in answer.err


@ONCE
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("inconnue",), "La commande « inconnue » n’existe pas."),
        (("list", "--vite"), "L’option --vite n’existe pas."),
        (("list", "en", "trop"), "Il y a des mots en trop sur la ligne."),
        (("import",), "Il manque FICHIER."),
        (("import", "x.json", "--until", "2026-02-30"), "« 2026-02-30 » n’est pas une date qui existe"),
        (("import", "x.json", "--until", "hier"), "« hier » n’est pas une date"),
        (("history", "handicap"), "Il manque l’option --as."),
    ],
)
def test_a_command_line_that_says_nothing_is_corrected(navette: Navette, arguments: tuple[str, ...], said: str) -> None:
    answer = navette(*arguments)
    assert answer.status == 2
    assert said in answer.err


@ONCE
def test_a_wrong_setting_is_named(navette: Navette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "quatre")
    answer = navette("list")
    assert answer.status == 2
    assert "PORT" in answer.err


@ONCE
def test_help_is_in_french(navette: Navette) -> None:
    answer = navette("--help")
    assert answer.status == 0
    for word in ("Usage : navette", "Commandes", "Importe un fichier", "Montre cette aide."):
        assert word in answer.out


@ONCE
def test_serving_loads_the_demonstrations_once_and_seats_each_party(
    navette: Navette, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[object] = []
    monkeypatch.setattr(instance.serving, "run", served.append)
    first, second = navette("serve").out, navette("serve").out
    assert len(served) == 2
    assert first.count("Démonstration chargée") == 2
    assert "Démonstration chargée" not in second
    for out in (first, second):
        assert out.count("/connexion/lien/") == 3
        for party in ("Orlinde", "ARS", "Département"):
            assert party in out
    tables = navette("list", "--json").json
    assert [(table["key"], table["situation_on"], table["frozen_at"] is None) for table in tables] == [
        ("ehpad", None, False),
        ("handicap", "2026-07-10", True),
    ]


@ONCE
def test_an_exposed_instance_starts_empty_and_prints_no_link(navette: Navette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance.serving, "run", lambda settings: None)
    monkeypatch.setenv("BASE_URL", "https://navette.asso.fr")
    monkeypatch.setenv("SECRET_KEY", "kJ8dQw2xZr5vTn1mLp7yBc4hGf9sXe3a")
    assert "/connexion/lien/" not in navette("serve").out
    assert navette("list", "--json").json == []


def test_the_demonstrations_are_packaged() -> None:
    assert all((SCENARIOS / name).is_file() for name, _ in DEMONSTRATIONS)


@ONCE
def test_a_first_person_enters_an_instance_where_there_is_nobody(navette: Navette) -> None:
    assert navette("sign-in-link", "dg@orlinde.example").status == 1
    first = navette("person", " DG@orlinde.example ")
    assert first.status == 0
    assert "/connexion/lien/" in first.out
    again = navette("person", "dg@orlinde.example", "--json").json
    assert again["email"] == "dg@orlinde.example"
    assert again["link"] != first.out.strip()
    assert navette("person", "personne").status == 2


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_the_operator_lets_in_the_first_person_of_a_party_that_an_archive_brought(
    open_table: Navette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path
) -> None:
    archive, elsewhere = tmp_path / "handicap.zip", tmp_path / "elsewhere.sqlite"
    open_table("export", "handicap", "--as", READER, "-o", archive)
    assert open_table("invite", "handicap", "ars=x@ars.example").status == 1  # its people are here
    elsewhere.write_bytes(migrated_sqlite.read_bytes())
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{elsewhere}")
    come = ("import", archive, "--as", READER, "--invite")
    assert open_table(*come, "nulle=x@ars.example").status == 1
    assert open_table("list").out == "Aucune négociation.\n"
    (seated,) = open_table(*come, "ars=x@ars.example", "--json").json["invited"]
    assert (seated["party"], "/connexion/lien/" in seated["link"]) == ("ars", True)
    assert open_table("history", "handicap", "--as", "x@ars.example").status == 0
    assert "L’exploitant invite un membre" in open_table("history", "handicap", "--as", READER).out
    assert open_table("invite", "handicap", "ars=y@ars.example").status == 1
    assert open_table("invite", "handicap", "cd").status == 2
    assert "remettez-lui ce lien" in open_table("invite", "handicap", "cd=z@cd.example").out
