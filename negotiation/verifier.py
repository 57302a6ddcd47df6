#!/usr/bin/env python3
"""Vérifie un dossier de preuve Navette, sans serveur et sans rien installer d’autre que Python (3.9 ou plus).

    python verifier.py DOSSIER.zip [--head [CERCLE=]EMPREINTE]... [--key CLÉ]... [--json]
    python verifier.py DOSSIER.zip CONTRAT.zip FICHIER.pdf... : chacun, et ce qu’ils disent les uns des autres

Code de sortie : 0 tout est juste, 1 quelque chose est faux (la première chose fausse est nommée), 2 illisible.

One file, standard library only, and nothing of Navette imported: it computes every fingerprint again by itself, from
docs/format-de-preuve.md. The tests of Navette hold it against `negotiation/rules/history_chain.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

ARCHIVE_FORMAT, MANIFEST = "navette-archive/1", "manifest.json"
GENESIS = "0" * 64
_TEXTS = ("chain", "circle", "prev", "ts", "actor", "kind", "commitment")
HEADER_TYPES = {"v": int, "seq": int, **dict.fromkeys(_TEXTS, str)}
MAX_BYTES, MAX_UNPACKED = 50 * 1024 * 1024, 200 * 1024 * 1024
MAX_MEMBERS, MAX_RATIO, DEEPEST = 2000, 100, 32
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_HASH = re.compile(r"[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]{128}")
_ATTACHED = re.compile(rb"/F\(([\w.-]{1,40})\)/UF\([\w.-]{1,40}\)/EF<</F (\d{1,7}) 0 R")
ATTACHED_JSON, ATTACHED_HEAD, ATTACHED_CONSOLIDATED = "contrat.json", "historique-tete.json", "version-consolidee.md"
HEADS, SEAL = "tetes.json", "cachet.json"
LOOSE = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n")  # how a PDF, or a scanned page, begins
CONSOLIDATED = "version consolidée, imprimée depuis {} : elle n’est pas le contrat signé, et ses pages ne prouvent rien"
KeptHead = tuple[str, str]  # circle, or « » for any, and the hash that somebody kept
STATEMENT_TYPES = {"v": int, "seq": int, **dict.fromkeys(("chain", "hash", "at", "key"), str)}
SEAL_TYPES = {"v": int, **dict.fromkeys(("archive", "manifest", "at", "key"), str)}
LOOSE_FILES = "contrat.json, clauses/, tableaux/, documents/, brouillons/, scenario/ et donnees/"
UNTOUCHED = "donnez-le tel qu’il fut téléchargé"
RECALLED = ("message.sent", "question.asked", "question.answered", "comment.written")
"""Shared facts whose words somebody may have taken back within the half minute; all others keep theirs."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
APPROVALS = ("minutes.approved", "review.approved")
"""Facts that seal a text which every party approved: the relevé of a séance, a dialogue de gestion, the evaluation."""
SIGNINGS = ("version.signed", "version.locked")
SENTENCES = {
    "unknown_format": "le fait {seq} est d’un format inconnu",
    "other_chain": "le fait {seq} appartient à une autre chaîne",
    "broken_sequence": "un autre numéro à la place du fait {seq} : un fait a été retiré, ajouté ou déplacé",
    "broken_link": "le fait {seq} ne suit pas celui qui le précède : l’un des deux a été changé ou remplacé",
    "header_changed": "l’en-tête du fait {seq} a été changé : son empreinte ne correspond plus",
    "payload_changed": "le contenu du fait {seq} a été changé : il ne correspond plus à l’en-tête",
    "unexpected_head": "la tête que vous avez conservée n’y figure pas : la fin a été coupée ou l’histoire réécrite",
}


class Unreadable(Exception):
    """The bytes are no archive, or one that it would be unwise to open. The message is a French sentence."""


class Wrong(Exception):
    """A check failed. The message is a French clause that names what is wrong."""


class Check(NamedTuple):
    label: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Report:
    """`readable` is False when there was nothing to check. `heads` gives the head of each chain, to be kept; `keys` the
    keys that signed something in it, to be compared with those that the platform publishes."""

    ok: bool
    checks: list[Check]
    first_problem: str | None
    proves: list[str] = field(default_factory=list)
    does_not_prove: list[str] = field(default_factory=list)
    fingerprint: str = ""
    heads: dict[str, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    readable: bool = True

    def as_json(self) -> dict[str, object]:
        return {**vars(self), "checks": [check._asdict() for check in self.checks]}

    def as_text(self) -> str:
        lines = ["JUSTE : rien n’a changé." if self.ok else f"FAUX. {self.first_problem}.", ""]
        lines += [f"  [{'ok' if check.ok else 'NON'}] {check.label} : {check.detail}" for check in self.checks]
        lines += ["", f"Empreinte du dossier : {self.fingerprint}"] if self.fingerprint else []
        lines += ["", "Ce que cela prouve", *(f"  - {it}" for it in self.proves)] if self.proves else []
        limits = ["", "Ce que cela ne prouve pas", *(f"  - {it}" for it in self.does_not_prove)]
        return "\n".join(lines + (limits if self.does_not_prove else []))


Together = tuple[dict[str, Report], list[Check]]


def verify_archive(data: bytes, heads: Mapping[str, str] | Sequence[KeptHead] = (), keys: Sequence[str] = ()) -> Report:
    """Check an exported archive against itself and `heads`, which its reader kept (by circle, or as `read_head` gives
    them); its signed heads against `keys` (public, in hexadecimal) or, without any, those that they name."""
    kept = [*heads.items()] if isinstance(heads, Mapping) else [*heads]
    try:
        return _Examination(read_members(data), kept, frozenset(keys)).examined().report()
    except Unreadable as refusal:
        return _failed("Lecture du dossier", str(refusal), readable=False)


def examine_together(files: Mapping[str, bytes], keys: Sequence[str] = (), heads: Sequence[KeptHead] = ()) -> Together:
    """The report of each archive, by name; what they say of one another, and of each PDF or scan given with them."""
    looks, reports = {}, {}
    for name, data in files.items():
        try:
            if not data.startswith(LOOSE):
                looks[name] = _Examination(read_members(data), heads, frozenset(keys)).examined()
        except Unreadable as refusal:
            reports[name] = _failed("Lecture du dossier", str(refusal), readable=False)
    avenants = [name for name, look in looks.items() if len(looks) > 1 and look.opened_to_amend()]
    said = [_tried(f"Lien de {name}", looks[name].check_link, looks.values()) for name in avenants]
    said += [_tried(name, _beside, data, looks) for name, data in files.items() if data.startswith(LOOSE)]
    return reports | {name: look.report() for name, look in looks.items()}, said


def verify_together(files: Mapping[str, bytes], keys: Sequence[str] = (), heads: Sequence[KeptHead] = ()) -> Report:
    """Check several files as one: each archive, what each avenant among them amends, and what each other file is."""
    reports, said = examine_together(files, keys, heads)
    checks = [Check(f"{name}, {it[0]}", *it[1:]) for name, report in reports.items() for it in report.checks]
    proves = [f"{name}, {it}" for name, report in reports.items() for it in report.proves]
    limits = dict.fromkeys(it for report in reports.values() for it in report.does_not_prove)
    return _concluded(checks + said, proves, limits, readable=all(report.readable for report in reports.values()))


def read_head(written: str) -> KeptHead:
    """« CERCLE=EMPREINTE », or the fingerprint alone, with any spaces. Raises ValueError."""
    circle, _, kept = "".join(written.split()).rpartition("=")
    if not _HASH.fullmatch(kept.lower()):
        raise ValueError(written)
    return circle, kept.lower()


def read_members(data: bytes) -> dict[str, bytes]:
    """The files of an archive, by name. Raises Unreadable on what is no archive, or a trap."""
    if len(data) > MAX_BYTES:
        raise Unreadable("le fichier dépasse 50 Mo")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _refuse_traps(entries, len(data))
            _refuse_more(entries, data)
            return {entry.filename: _unpack(archive, entry) for entry in entries}
    except Unreadable:
        raise
    except Exception:  # on hostile bytes, zipfile raises nearly anything
        raise Unreadable("ce fichier n’est pas un dossier de preuve lisible") from None


def manifest_of(members: Mapping[str, bytes], heads: Mapping[str, Mapping[str, object]]) -> bytes:
    """The manifest that these files must have: size and SHA-256 of each but itself and its seal, head of each chain.
    Nothing in it is free: a manifest with one byte changed is no longer the manifest of its files."""
    files = {
        name: {"sha256": sha256(content), "size": len(content)}
        for name, content in members.items()
        if name not in (MANIFEST, SEAL)
    }
    written = {"format": ARCHIVE_FORMAT, "files": files, "heads": heads}
    return json.dumps(written, sort_keys=True, indent=1, ensure_ascii=True).encode() + b"\n"


def canonical(value: object) -> bytes:
    """RFC 8785 on the subset of payloads: no float, ASCII names."""
    _refuse_foreign(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def attached_to(pdf: bytes) -> dict[str, bytes]:
    """The files that a PDF of Navette carries, by name: found where the printing puts them, nothing else followed."""
    found = {}
    for name, number in _ATTACHED.findall(pdf)[:9]:
        at = pdf.find(b"stream\n", pdf.find(b"\n%s 0 obj" % number)) + len(b"stream\n")
        with suppress(zlib.error):
            found[name.decode()] = zlib.decompressobj().decompress(pdf[at:], MAX_BYTES)
    return found


def _head_in(carried: Mapping[str, bytes]) -> dict[str, Any]:
    return _dict(_parse(carried.get(ATTACHED_HEAD, b"{}"), ATTACHED_HEAD))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _Examination:
    """One archive under examination: each `_check_…` raises Wrong at the first thing that is wrong."""

    def __init__(self, members: Mapping[str, bytes], kept: Sequence[KeptHead], keys: frozenset[str]) -> None:
        self.members = members
        self.kept = kept
        self.found: set[str] = set()  # circles in which a kept head stands
        self.keys = keys
        self.named: set[str] = set()  # keys that signed something here
        self.labels: dict[str, str] = {}
        self.entries: dict[str, list[dict[str, Any]]] = {}  # of the histories that verified, and no other
        self.checks: list[Check] = []
        self.proves: list[str] = []
        self.unplaced = 0  # disclosed facts whose own history isn't here
        self.voided: list[str] = []

    def examined(self) -> _Examination:
        """Most precise first: the chains name an entry, the manifest only names a file."""
        for name in sorted({"historique/commun.json", *self._names("historique/")}):
            self._try(f"Historique, {name}", self._check_chain, name)
        for circle, kept in sorted(set(self.kept)):
            self._try(f"Tête conservée, {circle} {kept[:8]}…".replace(",  ", ", "), self._check_kept_head, circle, kept)
        self._try("Faits internes dévoilés", self._check_disclosed)
        for folder in self._folders():
            self._try(f"Version figée, {folder}", self._check_version, folder)
        for name in self._names("approuves/"):
            self._try(f"Texte approuvé, {name}", self._check_approved, name)
        self._try("Têtes signées", self._check_signed_heads)
        self._try("Gels, signatures et approbations de l’historique", self._check_nothing_missing)
        self._try("Contrat", self._check_contract)
        self._try("Manifeste", self._check_manifest)
        self._try(f"Cachet du dossier, {SEAL}", self._check_seal)
        return self

    def report(self) -> Report:
        heads = {circle: str(head["hash"]) for circle, head in self._heads().items()}
        fingerprint = sha256(self.members.get(MANIFEST, b""))
        told = {"fingerprint": fingerprint, "heads": heads, "keys": sorted(self.named)}
        return _concluded(self.checks, self.proves, self._limits(), **told)

    def _try(self, label: str, check: Callable[..., str], *on: Any) -> None:
        self.checks.append(_tried(label, check, *on))

    def _check_chain(self, name: str) -> str:
        written = self._json(name)
        circle, entries = written.get("circle", 0), written.get("entries", 0)
        _require(isinstance(circle, str) and isinstance(entries, list), f"{name} n’a pas la forme d’un historique")
        _require(name == f"historique/{file_of_circle(circle)}", f"{name} porte l’historique d’un autre cercle")
        chain = f"{self._negotiation_id()}/{circle}"
        previous: dict[str, Any] | None = None
        for seq, entry in enumerate(entries, start=1):
            code = _shape_fault(entry, chain) or _link_fault(entry, previous) or _seal_fault(entry)
            _require(code is None, SENTENCES.get(code or "", "").format(seq=seq))
            previous = entry
        if circle == "shared":
            self._require_whole(entries)
        self.labels[circle] = str(written.get("label", circle))
        self.entries[circle] = entries
        self.proves.append(
            f"Historique « {self.labels[circle]} » : {_many(len(entries), 'fait')}, chacun lié au précédent ; "
            "aucun changé, ajouté, déplacé, ni retiré avant le dernier."
        )
        return f"{_many(len(entries), 'fait')}, tête {previous['hash'] if previous else GENESIS}"

    def _require_whole(self, entries: Sequence[dict[str, Any]]) -> None:
        """Only words that were taken back may be missing from what all read: a gel without its content
        would be one that the reader isn't told."""
        recalls = sum(it["header"]["kind"] == "words.recalled" for it in entries)
        for entry in (it for it in entries if it["payload"] is None):
            recalls -= 1
            seq, kind = entry["header"]["seq"], entry["header"]["kind"]
            there = kind in RECALLED and recalls >= 0
            _require(there, f"le contenu du fait {seq} manque, et rien ne dit que ses mots furent repris")

    def _check_disclosed(self) -> str:
        """Each fact of an inside that its party lets everybody read, against itself, and its chain when it is here."""
        told = self._facts("fact.disclosed")
        for entry in told:
            seq, fact = entry["header"]["seq"], entry["payload"].get("fact")
            circle = str(_dict(_dict(fact).get("header")).get("circle"))
            _require(circle.startswith("party:"), f"ce que dévoile le fait {seq} n’est pas l’intérieur d’une partie")
            code = _shape_fault(fact, f"{self._negotiation_id()}/{circle}") or _seal_fault(fact)
            code, number = code or (None if fact["payload"] else "payload_changed"), fact["header"].get("seq")
            said = SENTENCES.get(code or "", "").format(seq=number)
            _require(code is None, f"au fait {seq}, un fait dévoilé est faux : {said}")
            if circle not in self.entries:
                self.unplaced += 1
                continue
            hashes = [each["hash"] for each in self.entries[circle]]
            placed = 0 < number <= len(hashes) and hashes[number - 1] == fact["hash"]
            _require(placed, f"ce que dévoile le fait {seq} ne figure pas à sa place dans l’historique interne")
        said = f"Faits internes dévoilés : {len(told)}, chacun avec le contenu et l’en-tête que porte son empreinte."
        self.proves += [said] if told else []
        return _many(len(told), "fait") if told else "aucun"

    def _check_kept_head(self, circle: str, kept: str) -> str:
        _require(not circle or circle in self.entries, "cet historique manque au dossier, ou il est faux")
        for name in [circle] if circle else sorted(self.entries):
            hashes = [GENESIS if circle else "", *(entry["hash"] for entry in self.entries[name])]
            if kept in hashes:
                seq, last = hashes.index(kept), len(hashes) - 1
                self.found.add(name)
                self.proves.append(
                    f"Historique « {self.labels[name]} » : rien n’a été réécrit ni coupé jusqu’à la tête que vous avez "
                    f"conservée (fait {seq} sur {last})."
                )
                return f"présente dans « {self.labels[name]} », au fait {seq} sur {last}"
        raise Wrong(SENTENCES["unexpected_head"])

    def _check_version(self, folder: str) -> str:
        version = self._json(f"{folder}/version.json")
        label, content_hash, pdf_hash = version.get("label"), version.get("content_hash"), version.get("pdf_hash")
        _require(
            set(version) == {"label", "content_hash", "pdf_hash"}, f"{folder}/version.json dit autre chose que prévu"
        )
        text = sha256(self._member(f"{folder}/texte.json"))
        _require(text == content_hash, f"le texte figé « {label} » n’a plus son empreinte")
        pdf = self.members.get(f"{folder}/contrat.pdf")
        same_pdf = (sha256(pdf) if pdf is not None else None) == pdf_hash
        _require(same_pdf, f"le PDF de « {label} » manque ou n’a plus son empreinte")
        gels = self._facts("version.frozen", content_hash)
        _require(bool(gels), f"l’historique commun n’a pas enregistré le gel de « {label} » avec cette empreinte")
        gel = next((it for it in gels if it["payload"].get("label") == label), gels[0])
        told, seq = gel["payload"], gel["header"]["seq"]
        _require(
            told.get("pdf_hash") == pdf_hash, f"le PDF de « {label} » n’est pas celui enregistré au gel (fait {seq})"
        )
        _require(
            told.get("label") == label, f"la version « {label} » s’appelle autrement dans l’historique (fait {seq})"
        )
        self._check_amended(folder)
        signed = self._check_signatures(folder, told, after=seq) + self._check_voided(told, str(label))
        self._check_signed_file(folder, told, str(label))
        self._check_attached(folder, pdf or b"")
        what = "texte et PDF identiques" if pdf_hash else "texte identique"
        self.proves.append(f"Version « {label} » : {what}, à l’octet près, à ce qui fut figé (fait {seq}) ; {signed}.")
        return f"« {label} », figée au fait {seq}, {signed}"

    def _check_voided(self, gel: dict[str, Any], label: str) -> str:
        for fact in self._facts_of("version.voided", gel):
            _require(not self._facts_of("version.signed", gel), f"la version « {label} », annulée, porte une signature")
            self.voided.append(label)
            return f", annulée avant toute signature (fait {fact['header']['seq']}, le {fact['header']['ts'][:10]})"
        return ""

    def _key(self) -> object:
        """The negotiation's own key, as its first fact tells it: `file` in an import; nothing in the first releases."""
        key, first = self._json("negociation.json").get("key"), (self.entries.get("shared") or [{}])[0]
        told = _dict(first.get("payload"))
        same = told.get("key", told.get("file", key)) == key
        _require(same, "negociation.json donne une autre clé que le premier fait de l’historique")
        return key

    def opened_to_amend(self) -> dict[str, Any]:
        """What the first fact of an avenant says that it amends; empty for any other negotiation."""
        return next((_dict(it["payload"].get("amends")) for it in self._facts("negotiation.opened")[:1]), {})

    def _check_amended(self, folder: str) -> None:
        """The frozen text of an avenant amends what its history did from the first fact on."""
        told, opened = _dict(self._json(f"{folder}/texte.json").get("amendment")), self.opened_to_amend()
        amends = _dict(told.get("amends")) | {"number": told.get("number")}
        same = all(amends.get(it) == opened.get(it) for it in ("negotiation", "number", "content_hash", "pdf_hash"))
        _require(same, "ce que le texte figé dit modifier n’est pas ce que dit le premier fait de l’historique")
        which = f"Avenant n° {amends['number']} au contrat « {amends.get('title')} », version signée d’empreinte"
        self.proves += [f"{which} {amends.get('content_hash')}."] if told else []

    def check_link(self, looks: Iterable[_Examination]) -> str:
        """What an avenant amends, against the archives given with it: the contract's, or the avenant signed before."""
        others = [it for it in looks if it is not self]
        told, key = self.opened_to_amend(), self._key()
        number, text, head = told.get("number"), told.get("content_hash"), _dict(told.get("head"))
        roots = [it for it in others if it._key() == told.get("negotiation")]
        bases = [it for it in others if it._facts("version.frozen", text)]
        _require(bool(roots or bases), "aucun des autres dossiers n’est celui du contrat que cet avenant modifie")
        _require(bool(bases), "aucune version des autres dossiers n’a l’empreinte de celle que cet avenant modifie")
        there = any(fact["hash"] == head.get("hash") for it in bases for fact in it.entries["shared"])
        _require(there, f"l’histoire de ce qu’il modifie n’est pas celle d’où il part (fait {head.get('seq')})")
        kinds = ("avenant.opened", "avenant.signed")
        for fact in (it["payload"] for root in roots for kind in kinds for it in root._facts(kind)):
            same = (fact.get("avenant") == key) == (fact.get("number") == number)
            signed = fact.get("content_hash") if same and fact.get("number") == number else None
            same &= signed is None or bool(self._facts("version.frozen", signed))
            _require(same, f"pour l’historique du contrat, l’avenant n° {fact.get('number')} est un autre que celui-ci")
        return f"avenant n° {number}, modifie « {told.get('reference')} », empreinte {text}"

    def _check_signatures(self, folder: str, gel: dict[str, Any], *, after: int) -> str:
        given = self._json(f"{folder}/signatures.json")
        evidences = given["signatures"]
        shaped = isinstance(evidences, list) and len(given) == 1
        _require(shaped, f"{folder}/signatures.json n’a pas la forme attendue")
        facts, content_hash = self._facts_of("version.signed", gel), gel.get("content_hash")
        recorded = [fact["payload"].get("evidence_hash") for fact in facts]
        scans = {None, *(sha256(self.members[name]) for name in self._names(f"{folder}/papier-"))}
        brought = {it["payload"].get("data_hash") for it in self._facts("signature.paper_brought", content_hash)}
        _require(scans <= brought | {None}, f"un exemplaire numérisé de {folder} n’a jamais été versé")
        acts = {None, *(sha256(self.members[name]) for name in self._names(f"{folder}/acte-"))}
        joined = {it["payload"].get("data_hash") for it in self._facts("signature.act_joined", content_hash)}
        _require(acts <= joined | {None}, f"un acte de {folder} n’a jamais été joint à une signature")
        for number, evidence in enumerate(evidences, start=1):
            _require(evidence["content_hash"] == content_hash, f"la signature {number} porte sur un autre texte")
            known = recorded.count(sha256(canonical(evidence))) == 1
            _require(known, f"la signature {number} n’est pas celle que l’historique a enregistrée")
            held = evidence.get("scan_hash") in scans
            _require(held, f"l’exemplaire numérisé de la signature {number} manque, ou n’est pas celui qu’elle nomme")
            held = evidence.get("act_hash") in acts
            _require(held, f"l’acte joint à la signature {number} manque, ou n’est pas celui qu’elle nomme")
        _require(len(evidences) == len(facts), "une signature que l’historique a enregistrée manque au dossier")
        _require(all(fact["header"]["seq"] > after for fact in facts), "une signature est antérieure au gel du texte")
        return f"{_many(len(facts), 'signature')} de ce texte"

    def _check_signed_file(self, folder: str, gel: dict[str, Any], label: str) -> None:
        """The frozen bytes and what was signed behind them, as the last fact that speaks of the file tells."""
        facts = [fact["payload"] for kind in SIGNINGS for fact in self._facts_of(kind, gel)]
        told = filter(None, [_dict(fact.get("evidence", fact)).get("file_hash") for fact in reversed(facts)])
        last, held = next(told, None), self.members.get(f"{folder}/signe.pdf")
        same = (sha256(held) if held is not None else None) == last
        _require(same, f"le PDF signé de « {label} » manque, ou n’est pas celui que l’historique a enregistré")
        begins = held is None or held.startswith(self.members.get(f"{folder}/contrat.pdf", b""))
        _require(begins, f"le PDF signé de « {label} » ne commence pas par celui du gel")

    def _check_attached(self, folder: str, pdf: bytes) -> None:
        """What the frozen PDF carries, when it does: the frozen text, and the head that the history had before."""
        carried, text = attached_to(pdf), self._member(f"{folder}/texte.json")
        _require(carried.get(ATTACHED_JSON, text) == text, "le contenu joint au PDF n’est pas le texte figé")
        if told := _head_in(carried):
            seq, known = told["head"]["seq"], [it["hash"] for it in self.entries.get("shared", [])]
            there = told["chain"] == self._shared() and told["head"]["hash"] in known[seq - 1 : seq]
            _require(there, f"la tête que porte le PDF (fait {seq}) ne figure pas dans l’historique : il a été réécrit")
            for seal in told["seals"]:
                self._check_signed_head(seal)

    def piece(self, data: bytes) -> str:
        """Which file of this archive one given with it is, « » when none; the head that it carries was kept with it."""
        carried = attached_to(data)
        if (told := _head_in(carried)).get("chain") == self._shared():
            self._check_kept_head("shared", told["head"]["hash"])
        for folder in self._folders():
            if same := [name for name in self._names(f"{folder}/") if self.members[name] == data]:
                return same[0]
            if carried.get(ATTACHED_JSON) == self._member(f"{folder}/texte.json"):
                alone = ATTACHED_CONSOLIDATED in carried and b"/ByteRange" not in data
                raise Wrong(CONSOLIDATED.format(folder) if alone else f"le texte de {folder}, dans un autre fichier")
        return ""

    def _check_signed_heads(self) -> str:
        """Each head that the platform vouched for is in the shared history, signed; each sealed gel has one."""
        seals = self._json(HEADS).get("seals") if HEADS in self.members else []
        sealed = [fact["header"]["seq"] for fact in self._facts("version.frozen") if fact["payload"].get("seal")]
        _require(isinstance(seals, list), f"{HEADS} n’a pas la forme attendue")
        reached = [self._check_signed_head(seal) for seal in seals or []]
        for seq in sealed:
            _require(any(each >= seq for each in reached), f"la tête signée au gel (fait {seq}) manque au dossier")
        if not reached:
            _require(not self.keys or SEAL in self.members, "aucune tête n’est signée par une clé que vous avez donnée")
            return "aucune"
        named = "que le dossier nomme : comparez-la à celle que publie l’instance"
        whose = "que vous avez donnée" if self.keys else named
        said = f"Historique commun : la plateforme a signé sa tête au fait {max(reached)}, avec la clé {whose}."
        self.proves.append(said)
        keys = ", ".join(sorted({str(seal["statement"]["key"]) for seal in seals or []}))
        return f"{_many(len(reached), 'tête')}, clé {keys}"

    def _check_signed_head(self, seal: Any) -> int:
        statement = _dict(_dict(seal).get("statement"))
        signature = _HEX.fullmatch(str(_dict(seal).get("signature")))
        shaped = {name: type(it) for name, it in statement.items()} == STATEMENT_TYPES
        shaped &= statement.get("v") == 1 and signature is not None
        _require(shaped, f"{HEADS} n’a pas la forme attendue")
        seq, entries = statement["seq"], self.entries.get("shared", [])
        _require(statement["chain"] == self._shared(), "une tête signée est celle d’une autre chaîne")
        there = 0 < seq <= len(entries) and entries[seq - 1]["hash"] == statement["hash"]
        _require(there, f"la tête signée au fait {seq} ne figure pas dans l’historique commun")
        self._require_signed(statement, seal["signature"], f"la tête du fait {seq}")
        return int(seq)

    def _check_approved(self, name: str) -> str:
        title, content_hash = self._json(name).get("title"), sha256(self._member(name))
        told = [fact for kind in APPROVALS for fact in self._facts(kind, content_hash)]
        _require(bool(told), f"l’historique commun n’a pas enregistré l’approbation de « {title} » avec ces mots")
        seq = told[0]["header"]["seq"]
        self.proves.append(f"« {title} » : les mots que tous ont approuvés (fait {seq}), à l’octet près.")
        return f"« {title} », approuvé au fait {seq}"

    def _check_nothing_missing(self) -> str:
        """Every gel, signature and approval told by the shared history must be in the archive."""
        present = [self._json(f"{folder}/version.json") for folder in self._folders()]
        told = self._facts("version.frozen") + self._facts("version.signed")
        for fact in told:
            hashes = {name: fact["payload"][name] for name in ("content_hash", "pdf_hash") if name in fact["payload"]}
            there = any(hashes == {name: version.get(name) for name in hashes} for version in present)
            _require(there, f"la version figée dont parle le fait {fact['header']['seq']} manque au dossier")
        approved = [sha256(self.members[name]) for name in self._names("approuves/")]
        seals = [fact for kind in APPROVALS for fact in self._facts(kind)]
        for fact in seals:
            there = approved.count(fact["payload"].get("content_hash")) == 1
            _require(there, f"le texte approuvé dont parle le fait {fact['header']['seq']} manque au dossier")
        return f"{_many(len(told + seals), 'fait')}, pièces présentes" if told + seals else "aucun"

    def _check_contract(self) -> str:
        """Once frozen here, the contract as it stands is the frozen text."""
        gels = [
            it["payload"] for it in self._facts("version.frozen") if not self._facts_of("version.voided", it["payload"])
        ]
        if not gels or gels[-1].get("declared"):
            return "en négociation" if not gels else "déclaré par un import"
        same = sha256(self._member("contrat.json")) == gels[-1].get("content_hash")
        _require(same, f"contrat.json n’est pas le texte figé « {gels[-1].get('label')} »")
        return f"le texte figé « {gels[-1].get('label')} »"

    def _check_seal(self) -> str:
        """What the platform signed as it gave the archive: the fingerprint of the manifest, so every file."""
        if SEAL not in self.members:
            return "aucun"
        seal = self._json(SEAL)
        said, written = _dict(seal.get("statement")), str(seal.get("signature"))
        typed = {name: type(it) for name, it in said.items()} == SEAL_TYPES and said["v"] == 1
        shaped = typed and set(seal) == {"statement", "signature"} and self.members[SEAL] == canonical(seal)
        _require(shaped and _HEX.fullmatch(written) is not None, f"{SEAL} n’a pas la forme attendue")
        _require(said["archive"] == self._negotiation_id(), "le cachet est celui d’un autre dossier")
        same = said["manifest"] == sha256(self._member(MANIFEST))
        _require(same, "le manifeste n’est pas celui que la plateforme a scellé")
        self._require_signed(said, written, "le cachet du dossier")
        self.proves.append(f"Tous les fichiers : ceux que la plateforme a donnés le {said['at']}, clé {said['key']}.")
        return f"posé le {said['at']}, clé {said['key']}"

    def _require_signed(self, statement: dict[str, Any], signature: str, what: str) -> None:
        key = statement["key"]
        _require(not self.keys or key in self.keys, f"{what} : signature d’une clé que vous n’avez pas donnée")
        written, signed = canonical(statement), bytes.fromhex(signature)
        holds = bool(_HASH.fullmatch(key)) and ed25519_holds(bytes.fromhex(key), written, signed)
        _require(holds, f"{what} : sa signature est fausse")
        self.named.add(key)

    def _check_manifest(self) -> str:
        if self._member(MANIFEST) == manifest_of(self.members, self._heads()):
            self.proves.append("Chaque fichier du dossier est celui que le manifeste annonce.")
            return f"{len(self.members) - 1 - (SEAL in self.members)} fichiers conformes"
        manifest, right = self._json(MANIFEST), json.loads(manifest_of(self.members, self._heads()))
        announced, held = manifest["files"], right["files"]
        for name in sorted({*announced, *held}):
            _require(name in held, f"le fichier {name} annoncé par manifest.json manque")
            _require(name in announced, f"le fichier {name} n’est pas annoncé par manifest.json")
            _require(announced[name] == held[name], f"le fichier {name} n’a pas l’empreinte annoncée par manifest.json")
        same = manifest["heads"] == right["heads"]
        _require(same, "les têtes annoncées par manifest.json ne sont pas celles des historiques")
        raise Wrong("manifest.json a été changé")

    def _facts(self, kind: str, content_hash: object = None) -> list[dict[str, Any]]:
        """Entries of the shared history, of this kind, that can be read (and speak of this text)."""
        shared = self.entries.get("shared", [])
        found = [it for it in shared if it["header"]["kind"] == kind and it["payload"] is not None]
        return [it for it in found if content_hash in (None, it["payload"].get("content_hash"))]

    def _facts_of(self, kind: str, gel: dict[str, Any]) -> list[dict[str, Any]]:
        """Those that speak of this gel: a version that was voided may hold the text of the next one."""
        which = gel.get("version")
        facts = self._facts(kind, gel.get("content_hash"))
        return [fact for fact in facts if which in (None, fact["payload"].get("version", which))]

    def _heads(self) -> dict[str, dict[str, object]]:
        return {
            circle: {"hash": entries[-1]["hash"] if entries else GENESIS, "seq": len(entries)}
            for circle, entries in self.entries.items()
        }

    def _names(self, folder: str) -> list[str]:
        return sorted(name for name in self.members if name.startswith(folder))

    def _folders(self) -> list[str]:
        return sorted({name.rsplit("/", 1)[0] for name in self._names("versions/")})

    def _member(self, name: str) -> bytes:
        _require(name in self.members, f"le fichier {name} manque")
        return self.members[name]

    def _json(self, name: str) -> dict[str, Any]:
        value: Any = _parse(self._member(name), name)
        _require(isinstance(value, dict), f"le fichier {name} n’a pas la forme attendue")
        return dict(value)

    def _negotiation_id(self) -> str:
        return str(self._json("negociation.json")["id"])

    def _shared(self) -> str:
        return f"{self._negotiation_id()}/shared"

    def _limits(self) -> Iterator[str]:
        for circle in sorted(set(self.entries) - self.found):
            yield (
                f"Historique « {self.labels[circle]} » : que la fin n’a pas été coupée, ni le tout réécrit depuis le "
                f"début. Seule une tête conservée par vous-même le montre (--head {circle}=…)."
            )
        for label in self.voided:
            yield f"Que la version « {label} » soit le contrat : les parties l’ont annulée avant que personne ne signe."
        told = [entry for _, entries in sorted(self.entries.items()) for entry in entries]
        if withheld := sum(it["payload"] is None for it in told):
            yield f"Contenu retenu : {_many(withheld, 'fait')} dont seule la place est prouvée."
        for header, payload in ((entry["header"], entry["payload"]) for entry in told):
            if header["kind"] == "inside.destroyed" and payload:
                what = f"le contenu des faits 1 à {payload.get('through')}, détruit comme sa partie l’avait choisi"
                which = f"Historique « {self.labels[header['circle']]} » : {what} (fait {header['seq']})"
                yield f"{which}. Leurs en-têtes et leur place restent prouvés."
        if self.unplaced:
            yield (
                f"Faits dévoilés : la place de {_many(self.unplaced, 'fait')} dans l’historique interne de sa partie, "
                "qui n’est pas dans ce dossier. Le dossier de cette partie la montre."
            )
        declared = sum(it["header"]["actor"] == "import" or _dict(it["payload"]).get("declared") is True for it in told)
        if declared:
            yield f"L’exactitude de {_many(declared, 'fait')} de l’import (« déclaré ») : Navette ne l’a pas vu."
        moments = [[it["header"]["ts"] for it in entries] for entries in self.entries.values()]
        if backward := sum(each[at] < each[at - 1] for each in moments for at in range(1, len(each))):
            yield f"Les dates : {_many(backward, 'fait')} de date antérieure au précédent. L’ordre seul fait foi."
        if SEAL not in self.members:
            yield f"Que {LOOSE_FILES} sortent d’une plateforme : ce dossier n’a pas de cachet."
        elif not self.keys:
            yield "Que la clé du cachet soit celle de la plateforme : comparez-la à celle qu’elle publie (--key)."
        yield from NEVER_PROVED


NEVER_PROVED = (
    "L’identité civile des personnes : une signature simple lie un compte à un texte, pas une pièce d’identité.",
    "Qu’aucun autre accord n’existe ailleurs, ni que le contrat est encore en vigueur.",
)


def _tried(label: str, check: Callable[..., str], *on: Any) -> Check:
    try:
        return Check(label, True, check(*on))
    except Wrong as wrong:
        return Check(label, False, str(wrong))
    except (ValueError, KeyError, TypeError, AttributeError):  # of what no Navette wrote
        return Check(label, False, "ce qu’il contient n’a pas la forme attendue")


def _beside(data: bytes, looks: Mapping[str, _Examination]) -> str:
    """Of which archive a file given with them is a piece. Raises Wrong."""
    for name, look in looks.items():
        if piece := look.piece(data):
            return f"exactement {piece} de {name}"
    raise Wrong("il n’est dans aucun des dossiers de preuve donnés avec lui")


def _concluded(checks: list[Check], proves: list[str], limits: Iterable[str], **more: Any) -> Report:
    wrong = [f"{check.label} : {check.detail}" for check in checks if not check.ok]
    return Report(not wrong, checks, wrong[0] if wrong else None, [] if wrong else proves, [*limits], **more)


def _failed(label: str, reason: str, **more: Any) -> Report:
    return _concluded([Check(label, False, reason)], [], (), **more)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def file_of_circle(circle: str) -> str:
    """Where the archive keeps the history of a circle."""
    known = {"shared": "commun.json", "authorities": "autorites.json"}
    return known.get(circle) or f"partie-{circle.rpartition(':')[2]}.json"


def _shape_fault(entry: Any, chain: str) -> str | None:
    header, names = _dict(_dict(entry).get("header")), {"header", "hash", "payload", "salt"}
    typed = {key: type(value) for key, value in header.items()} == HEADER_TYPES
    if set(_dict(entry)) != names or not typed or header["v"] != 1:
        return "unknown_format"
    if header["chain"] != chain or header["circle"] != chain.partition("/")[2]:
        return "other_chain"
    return None


def _link_fault(entry: dict[str, Any], previous: dict[str, Any] | None) -> str | None:
    if entry["header"]["seq"] != (previous["header"]["seq"] + 1 if previous else 1):
        return "broken_sequence"
    if entry["header"]["prev"] != (previous["hash"] if previous else GENESIS):
        return "broken_link"
    return None


def _seal_fault(entry: dict[str, Any]) -> str | None:
    payload, salt = entry["payload"], entry["salt"]
    try:
        if sha256(canonical(entry["header"])) != entry["hash"]:
            return "header_changed"
        shaped = isinstance(payload, dict) and _HASH.fullmatch(salt)
        opens = shaped and sha256(bytes.fromhex(salt) + canonical(payload)) == entry["header"]["commitment"]
    except (ValueError, TypeError):
        return "payload_changed"
    return None if opens or (payload is None and salt is None) else "payload_changed"


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion that python -O keeps
    if not holds:
        raise Wrong(otherwise)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count > 1 else ''}"


def _parse(content: bytes, name: str) -> object:
    def no_double(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        value = json.loads(
            content, parse_float=int, parse_constant=int, object_pairs_hook=no_double
        )  # int refuses both
        if _SURROGATE.search(content):
            json.dumps(value, ensure_ascii=False).encode()  # half a character is none
        return value
    except (ValueError, RecursionError):
        raise Wrong(f"le fichier {name} n’est pas lisible") from None


def _refuse_foreign(value: object, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, dict):
        if not all(isinstance(key, str) and key.isascii() for key in value):
            raise ValueError("not an ASCII name")
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _refuse_foreign(item, depth + 1)
    elif not (value is None or isinstance(value, str) or (isinstance(value, int) and abs(value) < 2**53)):
        raise ValueError(value)


def _refuse_traps(entries: Sequence[zipfile.ZipInfo], packed: int) -> None:
    if len(entries) > MAX_MEMBERS:
        raise Unreadable("le dossier compte plus de 2 000 fichiers")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * packed:
        raise Unreadable("le dossier est anormalement gros une fois décompressé")
    if len({entry.filename.lower() for entry in entries}) != len(entries):
        raise Unreadable("deux fichiers du dossier portent le même nom")
    if {"[Content_Types].xml", "mimetype"} & {entry.filename for entry in entries}:
        raise Unreadable("c’est un document de bureautique (Word, tableur), pas un dossier de preuve")
    for entry in entries:
        if not _NAME.fullmatch(entry.filename):
            raise Unreadable(f"le dossier contient un nom de fichier interdit : {entry.filename[:80]!a}")
        if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(f"le fichier {entry.filename} est chiffré ou compressé d’une façon inconnue")


def _refuse_more(entries: Sequence[zipfile.ZipInfo], data: bytes) -> None:
    """Nothing before, between, behind: what any program takes out of these bytes is what is checked."""
    at = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        name, told = entry.filename.encode(), (entry.CRC, entry.compress_size, entry.file_size)
        kept = [(entry.flag_bits, 2), (entry.compress_type, 2), *((number, 4) for number in told), (len(name), 4)]
        said, local = b"".join(number.to_bytes(size, "little") for number, size in kept), data[at : at + 30 + len(name)]
        same = local[:4] == b"PK" and local[6:10] + local[14:30] == said and local[30:] == name
        plain = not entry.extra and not entry.comment and entry.external_attr >> 28 in (0, 8)  # a regular file
        if not same or not plain or entry.flag_bits & 8 or name.endswith(b".") or entry.header_offset != at:
            raise Unreadable(f"le fichier {entry.filename} n’y est pas rangé comme Navette range : {UNTOUCHED}")
        at += 30 + len(name) + entry.compress_size
    size, start, comment = (int.from_bytes(data[-10 + a : -10 + b], "little") for a, b in ((0, 4), (4, 8), (8, 10)))
    if data[-22:-18] != b"PK\5\6" or comment or start != at or start + size + 22 != len(data):
        raise Unreadable(f"des octets ont été ajoutés au dossier, devant ou derrière : {UNTOUCHED}")


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise Unreadable(f"le fichier {entry.filename} est abîmé dans le dossier") from None


# Ed25519 (RFC 8032, 5.1), to verify only: nothing secret goes through it, so that it need not take a constant time.
_P, _Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
_D, _ROOT = -121665 * pow(121666, 2**255 - 21, _P) % _P, pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the signature of the message by the key of this public part."""
    key, nonce, s = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or nonce is None or s >= _Q:
        return False
    base = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _Q
    x, y, z, _ = _times(s, base)
    a, b, c, _ = _sum(nonce, _times(h, key))
    return (x * c - a * z) % _P == 0 == (y * c - b * z) % _P


def _point(data: bytes) -> Any:
    """The point of the curve that 32 bytes write, in extended coordinates; None when they write none."""
    y, sign = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7 if len(data) == 32 else 2
    if y >= _P or sign == 2:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    x = x if (x * x - square) % _P == 0 else x * _ROOT % _P
    if (x * x - square) % _P or (not x and sign):
        return None
    x = x if x & 1 == sign else _P - x
    return x, y, 1, x * y % _P


def _sum(one: _Point, other: _Point) -> _Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % _P, (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: _Point) -> _Point:
    if not number:
        return (0, 1, 1, 0)
    even = _times(number >> 1, _sum(point, point))
    return _sum(even, point) if number & 1 else even


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="verifier.py", description="Vérifie un dossier de preuve Navette.")
    parser.add_argument("files", metavar="FICHIER", type=Path, nargs="+", help="DOSSIER.zip, et ce qui va avec")
    parser.add_argument("--head", metavar="[CERCLE=]EMPREINTE", action="append", default=[])
    parser.add_argument("--key", metavar="CLÉ", action="append", default=[], help="clé publique des têtes")
    parser.add_argument("--json", action="store_true", help="résultat pour un programme")
    chosen = parser.parse_args(arguments)
    try:
        heads = [read_head(head) for head in chosen.head]
        files = {str(path): path.read_bytes() for path in chosen.files}
    except ValueError:
        parser.error("--head attend EMPREINTE ou CERCLE=EMPREINTE, l’empreinte en 64 caractères hexadécimaux")
    except OSError as refusal:
        parser.error(f"fichier illisible : {refusal}")
    if heads and sum(not data.startswith(LOOSE) for data in files.values()) > 1:
        parser.error("--head ne va qu’avec un seul dossier")
    first, *others = files.values()
    report = verify_together(files, chosen.key, heads) if others else verify_archive(first, heads, chosen.key)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a console that lacks a letter must not stop the proof
    print(json.dumps(report.as_json(), ensure_ascii=False, indent=1) if chosen.json else report.as_text())
    return 0 if report.ok else 1 if report.readable else 2


if __name__ == "__main__":
    sys.exit(main())
