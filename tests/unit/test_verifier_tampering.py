"""Whoever touches an archive is found out, and what he touched is named."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation import verifier
from negotiation.documents.archive import ArchivedChain, write_archive
from negotiation.documents.platform_keys import PlatformKeys
from negotiation.rules import history_chain
from tests.unit.proof_samples import (
    KEYS,
    NEGOTIATION,
    PARTY,
    chained,
    sample_archive,
    sample_content,
    shared_facts,
    with_new_manifest,
    zipped,
)

SHARED = "historique/commun.json"
INSIDE = f"historique/partie-{PARTY.removeprefix('party:')}.json"
HONEST_ZIP = sample_archive()
HONEST = verifier.read_members(HONEST_ZIP)
Members = dict[str, bytes]
Entries = list[dict[str, Any]]


def in_entries(change: Callable[[Entries], object], *, file: str = SHARED) -> Callable[[Members], None]:
    def tamper(members: Members) -> None:
        written = json.loads(members[file])
        change(written["entries"])
        members[file] = json.dumps(written, ensure_ascii=False).encode()

    return tamper


def in_json(file: str, **changed: object) -> Callable[[Members], None]:
    def tamper(members: Members) -> None:
        members[file] = json.dumps({**json.loads(members[file]), **changed}, ensure_ascii=False).encode()

    return tamper


def put(file: str, content: bytes) -> Callable[[Members], None]:
    return lambda members: members.update({file: content})


def drop(*files: str) -> Callable[[Members], None]:
    return lambda members: [members.pop(file) for file in files] and None


def rehash(entry: dict[str, Any]) -> None:
    entry["hash"] = verifier.sha256(verifier.canonical(entry["header"]))


def change_actor_and_rehash(entries: Entries) -> None:
    entries[2]["header"]["actor"] = "ars.fin"
    rehash(entries[2])


def rechain_from_third_without_the_next(entries: Entries) -> None:
    change_actor_and_rehash(entries)
    entries[3]["header"]["prev"] = entries[2]["hash"]


def insert_fact(entries: Entries) -> None:
    entries.insert(2, json.loads(json.dumps(entries[1])))


def swap(entries: Entries) -> None:
    entries[1], entries[2] = entries[2], entries[1]


def fork(entries: Entries) -> None:
    links, openings = chained("shared", [*shared_facts()[:3], ("cd.chef", "clause.rejected", {})])
    entries[3] = {
        "header": links[3].header(),
        "hash": links[3].hash,
        "payload": dict(openings[3].payload),
        "salt": openings[3].salt.hex(),
    }


def graft_other_negotiation(entries: Entries) -> None:
    links, _ = chained("shared", shared_facts(), negotiation="7d1f2a3c-0000-4000-8000-000000000002")
    entries[0].update(header=links[0].header(), hash=links[0].hash)


def withhold_gel(entries: Entries) -> None:
    entries[4].update(payload=None, salt=None)


def reverse_signature_and_gel(entries: Entries) -> None:
    """A careful forger: the whole chain made again, with a signature before its gel."""
    facts = shared_facts()
    facts[4], facts[5] = facts[5], facts[4]
    links, openings = chained("shared", facts)
    for entry, link, opening in zip(entries, links, openings, strict=True):
        entry.update(header=link.header(), hash=link.hash, payload=dict(opening.payload), salt=opening.salt.hex())


CARELESS_OR_NOT: dict[str, tuple[Callable[[Members], None], str]] = {
    "a payload": (in_entries(lambda e: e[1]["payload"].update(text="93 %")), "contenu du fait 2"),
    "a payload given one more key": (in_entries(lambda e: e[3]["payload"].update(x=1)), "contenu du fait 4"),
    "a payload with a decimal": (in_entries(lambda e: e[1]["payload"].update(x=1.5)), "commun.json n’est pas lisible"),
    "a salt": (in_entries(lambda e: e[2].update(salt="00" * 32)), "contenu du fait 3"),
    "a salt that is none": (in_entries(lambda e: e[2].update(salt=7)), "contenu du fait 3"),
    "an actor": (in_entries(lambda e: e[3]["header"].update(actor="og.dg")), "en-tête du fait 4"),
    "a date": (in_entries(lambda e: e[3]["header"].update(ts="2020-01-01T00:00:00Z")), "en-tête du fait 4"),
    "a kind": (in_entries(lambda e: e[2]["header"].update(kind="clause.accepted")), "en-tête du fait 3"),
    "a commitment": (in_entries(lambda e: e[2]["header"].update(commitment="0" * 64)), "en-tête du fait 3"),
    "a fingerprint": (in_entries(lambda e: e[2].update(hash="0" * 64)), "en-tête du fait 3"),
    "a version of format": (in_entries(lambda e: e[2]["header"].update(v=2)), "fait 3 est d’un format inconnu"),
    "a true for a one": (in_entries(lambda e: e[0]["header"].update(seq=True)), "fait 1 est d’un format inconnu"),
    "a header with one more key": (in_entries(lambda e: e[2]["header"].update(x="")), "fait 3 est d’un format"),
    "an entry that is no object": (in_entries(lambda e: e.__setitem__(2, 7)), "fait 3 est d’un format inconnu"),
    "an actor, with its fingerprint": (in_entries(change_actor_and_rehash), "fait 4 ne suit pas"),
    "an actor, and the link after": (in_entries(rechain_from_third_without_the_next), "en-tête du fait 4"),
    "a fact deleted": (in_entries(lambda e: e.pop(2)), "à la place du fait 3"),
    "the first fact deleted": (in_entries(lambda e: e.pop(0)), "à la place du fait 1"),
    "a fact inserted": (in_entries(insert_fact), "à la place du fait 3"),
    "two facts swapped": (in_entries(swap), "à la place du fait 2"),
    "a fork": (in_entries(fork), "fait 5 ne suit pas"),
    "a fact of another negotiation": (in_entries(graft_other_negotiation), "fait 1 appartient à une autre chaîne"),
    "a fact of one's inside": (in_entries(lambda e: e[2]["payload"].clear(), file=INSIDE), "contenu du fait 3"),
    "the tail with the signatures": (in_entries(lambda e: e.__delitem__(slice(5, None))), "la signature 1"),
    "the gel withheld": (in_entries(withhold_gel), "contenu du fait 5 manque"),
    "a signature before its gel": (in_entries(reverse_signature_and_gel), "antérieure au gel"),
    "a history that is no list": (in_json(SHARED, entries={}), "n’a pas la forme d’un historique"),
    "a circle passed off as another": (in_json(INSIDE, circle="authorities"), "d’un autre cercle"),
    "the negotiation": (in_json("negociation.json", id=NEGOTIATION[:-1] + "9"), "fait 1 appartient à une autre chaîne"),
    "the shared history taken out": (drop(SHARED), "historique/commun.json manque"),
    "the contract": (put("contrat.json", b"{}"), "contrat.json n’est pas le texte figé « v1.1 »"),
    "a version that says more": (in_json("versions/01/version.json", signed_on="2026-07-10"), "autre chose que prévu"),
    "a scan that nobody brought": (put("versions/01/papier-01.pdf", b"%PDF-1.7 scan"), "n’a jamais été versé"),
    "words that nobody took back": (in_entries(lambda e: e[2].update(payload=None, salt=None)), "du fait 3"),
    "half a character": (put(SHARED, HONEST[SHARED].replace(b"Toutes les", b"\\ud800")), "commun.json n’est pas l"),
    "the frozen text": (put("versions/01/texte.json", b"{}"), "texte figé « v1.0 » n’a plus son empreinte"),
    "the frozen text and its fingerprint": (
        lambda m: (
            put("versions/01/texte.json", b"{}")(m),
            in_json("versions/01/version.json", content_hash=verifier.sha256(b"{}"))(m),
        )[0],
        "n’a pas enregistré le gel",
    ),
    "the PDF": (put("versions/01/contrat.pdf", b"%PDF-1.7 other"), "PDF de « v1.0 » manque ou n’a plus"),
    "the PDF and its fingerprint": (
        lambda m: (
            put("versions/01/contrat.pdf", b"%PDF-")(m),
            in_json("versions/01/version.json", pdf_hash=verifier.sha256(b"%PDF-"))(m),
        )[0],
        "n’est pas celui enregistré au gel",
    ),
    "the PDF taken out": (drop("versions/01/contrat.pdf"), "PDF de « v1.0 » manque"),
    "a PDF added": (put("versions/02/contrat.pdf", b"%PDF-"), "PDF de « v1.1 »"),
    "the name of a version": (in_json("versions/01/version.json", label="v2.0"), "s’appelle autrement"),
    "a frozen version taken out": (
        drop(*(name for name in HONEST if name.startswith("versions/02/"))),
        "version figée dont parle le fait 8 manque",
    ),
    "a signature taken out": (in_json("versions/01/signatures.json", signatures=[]), "manque au dossier"),
    "a signature changed": (
        lambda m: in_json(
            "versions/01/signatures.json",
            signatures=[{**json.loads(m["versions/01/signatures.json"])["signatures"][0], "party": "cd"}],
        )(m),
        "la signature 1 n’est pas celle",
    ),
    "a signature of another text": (
        in_json("versions/01/signatures.json", signatures=[{"content_hash": "0" * 64}]),
        "la signature 1 porte sur un autre texte",
    ),
    "signatures that are none": (in_json("versions/01/signatures.json", signatures=7), "n’a pas la forme attendue"),
}

CARELESS_ONLY: dict[str, tuple[Callable[[Members], None], str]] = {
    "a clause": (put("clauses/EN01.md", b"# other"), "clauses/EN01.md n’a pas l’empreinte"),
    "the verifier": (put("verifier.py", b"print('JUSTE')"), "verifier.py n’a pas l’empreinte"),
    "the notice": (put("LISEZMOI.txt", b""), "LISEZMOI.txt n’a pas l’empreinte"),
    "a file added": (put("clauses/EN99.md", b"x"), "clauses/EN99.md n’est pas annoncé"),
    "a file taken out": (drop("clauses/EN01.md"), "clauses/EN01.md annoncé par manifest.json manque"),
    "the manifest taken out": (drop("manifest.json"), "manifest.json manque"),
    "the manifest emptied": (put("manifest.json", b"{}"), "Manifeste : ce qu’il contient n’a pas la forme"),
    "the manifest written otherwise": (lambda m: in_json("manifest.json")(m), "manifest.json a été changé"),
    "the heads of the manifest": (in_json("manifest.json", heads={}), "têtes annoncées"),
    "the tail, before any gel": (in_entries(lambda e: e.pop(), file=INSIDE), "n’a pas l’empreinte annoncée"),
}


@pytest.mark.parametrize("kind", [*CARELESS_OR_NOT, *CARELESS_ONLY])
def test_whoever_changes(kind):
    tamper, named = {**CARELESS_OR_NOT, **CARELESS_ONLY}[kind]
    members = dict(HONEST)
    tamper(members)
    report = verifier.verify_archive(zipped(members))
    assert not report.ok
    assert named in str(report.first_problem)
    assert report.proves == []


@pytest.mark.parametrize("kind", CARELESS_OR_NOT)
def test_whoever_changes_and_makes_the_manifest_again(kind):
    tamper, named = CARELESS_OR_NOT[kind]
    members = dict(HONEST)
    tamper(members)
    try:
        forged = with_new_manifest(members)
    except (KeyError, TypeError, ValueError):
        forged = zipped(members)
    report = verifier.verify_archive(forged)
    assert not report.ok
    assert named in str(report.first_problem)


SEAL_CHANGED: dict[str, tuple[Callable[[Members], None], str]] = {
    "a signature of another statement": (lambda m: reseal(m, at="2020-01-01T00:00:00Z"), "sa signature est fausse"),
    "another archive": (lambda m: reseal(m, archive=NEGOTIATION[:-1] + "9"), "d’un autre dossier"),
    "another manifest": (lambda m: reseal(m, manifest="0" * 64), "n’est pas celui que la plateforme a scellé"),
    "a format to come": (lambda m: reseal(m, v=2), "n’a pas la forme attendue"),
    "a number beyond all": (lambda m: reseal(m, v=10**20), "n’a pas la forme attendue"),
    "one space more": (lambda m: put(verifier.SEAL, m[verifier.SEAL] + b" ")(m), "n’a pas la forme attendue"),
    "no object": (put(verifier.SEAL, b"[]"), "n’a pas la forme attendue"),
}


def reseal(members: Members, **changed: object) -> None:
    """The statement changed, under the signature that it had."""
    seal = json.loads(members[verifier.SEAL])
    seal["statement"] |= changed
    members[verifier.SEAL] = json.dumps(seal, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize("kind", SEAL_CHANGED)
def test_a_seal_is_of_this_archive_or_it_is_false(kind):
    tamper, named = SEAL_CHANGED[kind]
    members = dict(HONEST)
    tamper(members)
    report = verifier.verify_archive(zipped(members))
    assert not report.ok
    assert named in str(report.first_problem)
    assert "cachet.json" in str(report.first_problem)


def test_what_nothing_chains_is_held_by_the_seal_and_said_where_there_is_none():
    forged = {**HONEST, "clauses/EN01.md": b"# other"}
    unsealed = verifier.verify_archive(with_new_manifest(forged))
    assert unsealed.ok
    assert any("n’a pas de cachet" in limit and "clauses/" in limit for limit in unsealed.does_not_prove)
    kept = {**verifier.read_members(with_new_manifest(forged)), verifier.SEAL: HONEST[verifier.SEAL]}
    assert "que la plateforme a scellé" in str(verifier.verify_archive(zipped(kept)).first_problem)


def test_an_archive_sealed_with_another_key_names_it_and_is_false_for_who_gives_the_right_one():
    other = PlatformKeys("", "", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    forged = write_archive(replace(sample_content(), clauses=()), keys=other)
    assert verifier.verify_archive(forged).keys == [other.head_public]
    assert verifier.verify_archive(sample_archive(), keys=[KEYS.head_public]).ok
    refused = verifier.verify_archive(forged, keys=[KEYS.head_public])
    assert "une clé que vous n’avez pas donnée" in str(refused.first_problem)


def test_words_that_their_author_took_back_may_be_missing_and_no_others():
    spoken = ("og.dg", "comment.written", {"text": "Des mots."})
    recalled = ("og.dg", "words.recalled", {"move": "m"})
    for facts, holds in (([spoken, recalled], True), ([spoken], False), ([spoken, spoken, recalled], False)):
        links, openings = chained("shared", facts)
        left = [None if fact is spoken else opening for fact, opening in zip(facts, openings, strict=True)]
        chain = ArchivedChain("Toutes les parties", "shared", links, left)
        content = replace(sample_content(), chains=(chain,), versions=())
        assert verifier.verify_archive(write_archive(content)).ok is holds


def repacked(change: Callable[[zipfile.ZipInfo], object]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in HONEST.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if name == "contrat.json":
                change(info)
            archive.writestr(info, content)
    return packed.getvalue()


def as_link(info: zipfile.ZipInfo) -> None:
    info.create_system, info.external_attr = 3, 0o120777 << 16


UNICODE_PATH = bytes.fromhex("7570") + (12).to_bytes(2, "little") + bytes(5) + b"a/b.txt"


@pytest.mark.parametrize(
    "data",
    [
        HONEST_ZIP + b"<html>",
        b"MZ" + HONEST_ZIP,
        zipped({"contrat.json": b"{}"}) + HONEST_ZIP,
        HONEST_ZIP[:-2] + b"\x05\x00words",
        repacked(as_link),
        repacked(lambda info: setattr(info, "extra", UNICODE_PATH)),
        repacked(lambda info: setattr(info, "comment", b"words")),
        zipped({**HONEST, "contrat.pdf.": b"%PDF-"}),
        HONEST_ZIP.replace(b"contrat.json", b"contrat.jsoN", 1),
    ],
    ids=["behind", "in front", "a zip in front", "comment", "link", "other name", "its comment", "dot", "local name"],
)
def test_a_zip_that_another_program_may_read_otherwise_is_refused(data):
    report = verifier.verify_archive(data)
    assert (report.ok, report.readable) == (False, False)
    assert "tel qu’il fut téléchargé" in str(report.first_problem)


def test_a_cut_tail_shows_only_against_a_kept_head():
    members = dict(HONEST)
    in_entries(lambda entries: entries.pop(), file=INSIDE)(members)
    cut = with_new_manifest(members)
    assert verifier.verify_archive(cut).ok
    kept = {PARTY: verifier.verify_archive(sample_archive()).heads[PARTY]}
    assert not verifier.verify_archive(cut, kept).ok


def test_a_history_rewritten_from_the_start_shows_only_against_a_kept_head():
    facts = shared_facts()
    facts[1] = ("cd.chef", "clause.proposed", {"clause": "en01", "text": "93 %", "version": 1})
    members = dict(HONEST)

    def rewrite(entries: Entries) -> None:
        for entry, link, opening in zip(entries, *chained("shared", facts), strict=True):
            entry.update(header=link.header(), hash=link.hash, payload=dict(opening.payload), salt=opening.salt.hex())

    in_entries(rewrite)(members)
    forged = with_new_manifest(members)
    assert verifier.verify_archive(forged).ok
    kept = {"shared": history_chain.verify(*chained("shared", shared_facts())).head}
    assert "conservée" in str(verifier.verify_archive(forged, kept).first_problem)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(HONEST)), st.integers(0, 10**9), st.integers(1, 255))
def test_one_byte_changed_in_any_file_is_seen_and_named(name, at, mask):
    content = bytearray(HONEST[name])
    content[at % len(content)] ^= mask
    report = verifier.verify_archive(zipped({**HONEST, name: bytes(content)}))
    assert not report.ok
    wrong = " ".join(f"{check.label} {check.detail}" for check in report.checks if not check.ok)
    assert name in wrong or name == "manifest.json"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 255))
def test_one_byte_changed_in_the_zip_itself_never_passes_for_another_content(at, mask):
    """The envelope (dates, attributes) may change; what it holds may not. And nothing crashes."""
    data = bytearray(sample_archive())
    data[at % len(data)] ^= mask
    report = verifier.verify_archive(bytes(data))
    assert not report.ok or verifier.read_members(bytes(data)) == HONEST


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(["", SHARED, "manifest.json", "negociation.json", "versions/01/version.json"]),
)
def test_garbage_is_answered_never_raised(garbage, where):
    data = zipped({**HONEST, where: garbage}) if where else garbage
    assert not verifier.verify_archive(data).ok


def test_json_as_deep_as_a_well_is_answered():
    members = dict(HONEST)
    members[SHARED] = b'{"circle":"shared","entries":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    assert not verifier.verify_archive(with_well(members)).ok


def test_a_payload_as_deep_as_a_well_is_answered():
    members = dict(HONEST)
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"a": deep}
    in_entries(lambda entries: entries[1].update(payload=deep))(members)
    assert "contenu du fait 2" in str(verifier.verify_archive(zipped(members)).first_problem)


def with_well(members: Members) -> bytes:
    """Stored as it is: well compressed, it would be refused as a bomb before anybody reads it."""
    return zipped({**members, "noise.bin": bytes(range(256)) * 16})
