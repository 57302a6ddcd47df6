"""The archive of proof: the same bytes every time, and no trap opened."""

import io
import json
import struct
import zipfile
from dataclasses import replace

import pytest

from negotiation import verifier
from negotiation.documents import verified_apart
from negotiation.documents.archive import (
    ClauseText,
    Unreadable,
    archive_fingerprint,
    read_archive,
    write_archive,
)
from negotiation.documents.verified_apart import TOO_HEAVY, verify_apart
from tests.hostile_files import unfolding_json
from tests.unit.proof_samples import PARTY, sample_archive, sample_content, zipped


def test_the_same_content_makes_the_same_bytes():
    assert sample_archive() == sample_archive()


def test_what_is_written_is_read_back():
    members = read_archive(sample_archive())
    assert {name for name in members if not name.startswith(("clauses/", "versions/"))} == {
        "LISEZMOI.txt",
        "cachet.json",
        "contrat.json",
        "historique/commun.json",
        f"historique/partie-{PARTY.removeprefix('party:')}.json",
        "manifest.json",
        "negociation.json",
        "verifier.py",
    }
    assert members["clauses/Preambule.md"].decode() == "# Contexte\n\n…\n"
    assert members["versions/01/contrat.pdf"] == b"%PDF-1.7 first"
    assert json.loads(members["negociation.json"])["reader"]["party"] == "Association Rive-Ambrelle"


def test_the_manifest_covers_every_other_file_and_the_seal_the_manifest():
    members = read_archive(sample_archive())
    manifest = json.loads(members["manifest.json"])
    assert set(manifest["files"]) == set(members) - {"manifest.json", "cachet.json"}
    assert manifest["heads"]["shared"]["seq"] == 8


def test_the_fingerprint_changes_with_any_content():
    other = replace(sample_content(), exported_at="2026-07-10T09:00:01Z")
    assert archive_fingerprint(write_archive(other)) != archive_fingerprint(sample_archive())


def test_names_are_plain_and_never_collide():
    clauses = [
        ClauseText(code, "t", "x") for code in ("Art. 12.1", "Art 12-1", "art 12 1", "…", "../../etc", "é" * 300)
    ]
    members = read_archive(write_archive(replace(sample_content(), clauses=clauses)))
    names = sorted(name for name in members if name.startswith("clauses/"))
    assert len(names) == len(clauses)
    assert all(name.isascii() and ".." not in name and len(name) < 80 for name in names)
    assert "clauses/Art-12-1-2.md" in names


def test_a_withheld_payload_is_not_in_the_archive():
    inside = read_archive(sample_archive())[f"historique/partie-{PARTY.removeprefix('party:')}.json"]
    payloads = [entry["payload"] for entry in json.loads(inside)["entries"]]
    assert [payload is None for payload in payloads] == [False, True, False]
    assert json.loads(inside)["entries"][1]["salt"] is None


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "a/../../b", "C:\\x", "clauses/", "é.md", "a//b", ".hidden", "a b"]
)
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(Unreadable):
        read_archive(zipped({name: b"x"}))


def test_two_files_of_one_name_are_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.json", b"2")
    with pytest.raises(Unreadable, match="même nom"):
        read_archive(packed.getvalue())
    with pytest.raises(Unreadable, match="même nom"):
        read_archive(zipped({"a.json": b"1", "A.json": b"2"}))


def test_too_many_files_are_refused():
    with pytest.raises(Unreadable, match="2 000"):
        read_archive(zipped({f"f{n}": b"" for n in range(2001)}))


def test_a_bomb_is_refused_before_it_unfolds():
    with pytest.raises(Unreadable, match="anormalement gros"):
        read_archive(zipped({"zeros": bytes(30_000_000)}))


def test_a_bomb_that_lies_about_its_size_is_refused():
    bomb = bytearray(zipped({"zeros": bytes(10_000_000)}))
    central = bomb.rindex(b"PK\x01\x02")
    struct.pack_into("<I", bomb, central + 24, 100)
    with pytest.raises(Unreadable):
        read_archive(bytes(bomb))


def test_a_file_too_heavy_is_refused_unopened(monkeypatch):
    monkeypatch.setattr(verifier, "MAX_BYTES", 10)
    with pytest.raises(Unreadable, match="50 Mo"):
        read_archive(sample_archive())


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"%PDF-1.7", bytes(100)])
def test_what_is_no_archive_is_refused_in_french(data):
    with pytest.raises(Unreadable, match="n’est pas un dossier de preuve"):
        read_archive(data)


def test_an_unknown_compression_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", b"x" * 100)
    with pytest.raises(Unreadable, match="inconnue"):
        read_archive(packed.getvalue())


def test_a_process_apart_says_what_the_verifier_says() -> None:
    sound = sample_archive()
    altered = zipped({**verifier.read_members(sound), "contrat.json": b"{}"})
    kept = [("shared", "0" * 64)]
    for data, heads in ((sound, []), (sound, kept), (altered, []), (b"PK", [])):
        assert verify_apart(data, heads) == verifier.verify_archive(data, heads)


def test_json_that_unfolds_to_gigabytes_ends_the_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified_apart, "MEMORY_TO_VERIFY", 64 * 1024**2)
    members = verifier.read_members(sample_archive())
    report = verify_apart(zipped({**members, "negociation.json": unfolding_json()}))
    assert (report.ok, report.readable, report.first_problem) == (False, False, TOO_HEAVY)
