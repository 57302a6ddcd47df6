"""The archive of proof: everything one reader may see, checkable without us.

A ZIP that is the same to the byte whenever its content is, with `verifier.py` inside. The format is in
docs/format-de-preuve.md; reading and the limits on what is opened are the verifier's own.
"""

import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from negotiation import verifier
from negotiation.documents.platform_keys import PlatformKeys
from negotiation.rules.history_chain import GENESIS, Link, Opening, canonical_payload

Unreadable = verifier.Unreadable
read_archive = verifier.read_members
"""Files of an archive by name. Raises Unreadable (a French sentence) beyond 50 MB, 2 000 files, or on a trap."""

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Reader:
    """For whom the archive is made: it holds what this person may see, and nothing else."""

    name: str
    party: str
    member_id: str = ""


@dataclass(frozen=True)
class ArchivedChain:
    """One history. `openings[i]` is None when the payload of `links[i]` is withheld or erased."""

    label: str
    circle: str
    links: Sequence[Link]
    openings: Sequence[Opening | None]


@dataclass(frozen=True)
class ClauseText:
    code: str
    title: str
    markdown: str


@dataclass(frozen=True)
class FrozenVersion:
    """A gel. The shared history must hold one `version.frozen` fact with payload {label, content_hash, pdf_hash, …},
    and for each signature one `version.signed` fact with {content_hash, evidence_hash, …}; `evidence_hash` is
    `fingerprint_of_evidence(evidence)`, and each evidence repeats `content_hash`.
    """

    label: str
    content: bytes
    pdf: bytes | None
    signatures: Sequence[Mapping[str, object]] = ()
    signed_pdf: bytes | None = None
    """The same file with what was signed behind it; None while nothing was."""
    scans: Sequence[tuple[str, bytes]] = ()
    """(file ending, bytes) of each scan of the contract signed by hand, confirmed or not, oldest first. The evidence of
    a signature on paper names its own by `scan_hash`."""
    acts: Sequence[tuple[str, bytes]] = ()
    """The same of the acts that authorise the signatories; evidence names its own by `act_hash`."""

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def pdf_hash(self) -> str | None:
        return hashlib.sha256(self.pdf).hexdigest() if self.pdf is not None else None


@dataclass(frozen=True)
class ArchiveContent:
    """`negotiation` is a summary with at least `id` (the one that chains are named after), `title`, `reference`.
    `contract` is the canonical JSON of the contract as the reader sees it. `exported_at` is written as chains write
    moments. `versions` holds every gel that the shared history tells of, oldest first; `approved` the canonical JSON of
    every relevé, dialogue and evaluation that it says approved (`verifier.APPROVALS`), oldest first. `head_seals`: the
    heads of the shared history that the platform signed, {statement, signature}, oldest first. `rows`: those that
    the reader may carry away, by table; `files`: the rest that he takes, by name, under folders of their own; `makers`:
    by name, what is still to be made.
    """

    negotiation: Mapping[str, object]
    reader: Reader
    exported_at: str
    chains: Sequence[ArchivedChain]
    contract: bytes
    clauses: Sequence[ClauseText]
    versions: Sequence[FrozenVersion] = ()
    approved: Sequence[bytes] = ()
    head_seals: Sequence[Mapping[str, object]] = ()
    rows: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    makers: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)


def write_archive(content: ArchiveContent, *, keys: PlatformKeys | None = None) -> bytes:
    """The archive as bytes, sealed by the platform whose `keys` these are. Same content and keys, same bytes."""
    members = _members(content)
    heads = {chain.circle: {"hash": _head(chain), "seq": len(chain.links)} for chain in content.chains}
    members[verifier.MANIFEST] = verifier.manifest_of(members, heads)
    if keys is not None:
        members[verifier.SEAL] = _sealed(content, members[verifier.MANIFEST], keys)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(members):
            archive.writestr(_dated_never(name), members[name], compresslevel=6)
    return packed.getvalue()


def archive_fingerprint(data: bytes) -> str:
    """What a user writes down: the SHA-256 of the manifest, which covers every byte of every other file."""
    return hashlib.sha256(read_archive(data)[verifier.MANIFEST]).hexdigest()


def fingerprint_of_evidence(evidence: Mapping[str, object]) -> str:
    """What the history records of a signature's evidence. Raises ValueError on what has no canonical form."""
    return hashlib.sha256(canonical_payload(evidence)).hexdigest()


def _sealed(content: ArchiveContent, manifest: bytes, keys: PlatformKeys) -> bytes:
    """What the platform says of the whole: what the manifest covers is what it gave, then."""
    statement: dict[str, str | int] = {
        "archive": str(content.negotiation["id"]),
        "at": content.exported_at,
        "key": keys.head_public,
        "manifest": hashlib.sha256(manifest).hexdigest(),
        "v": 1,
    }
    return verifier.canonical({"statement": statement, "signature": keys.sign_head(statement)})


def _members(content: ArchiveContent) -> dict[str, bytes]:
    summary = {**content.negotiation, "exported_at": content.exported_at, "reader": vars(content.reader)}
    members = {
        "LISEZMOI.txt": _README.encode(),
        "verifier.py": Path(verifier.__file__).read_bytes(),
        "negociation.json": _as_json(summary),
        "contrat.json": content.contract,
    }
    if content.head_seals:
        members[verifier.HEADS] = _as_json({"seals": list(content.head_seals)})
    for chain in content.chains:
        members[f"historique/{verifier.file_of_circle(chain.circle)}"] = _chain_file(chain)
    for clause in content.clauses:
        members[_free_name(clause.code, members)] = f"# {clause.title}\n\n{clause.markdown}\n".encode()
    for number, version in enumerate(content.versions, start=1):
        members |= _version_files(f"versions/{number:02}", version)
    for number, approved in enumerate(content.approved, start=1):
        members[f"approuves/{number:02}.json"] = approved
    members |= {f"donnees/{table}.json": _as_json(rows) for table, rows in content.rows.items()}
    return members | {name: data for name, data in content.files.items() if name not in members}


def _chain_file(chain: ArchivedChain) -> bytes:
    entries = [
        {
            "header": entry.header(),
            "hash": entry.hash,
            "payload": opening.payload if opening else None,
            "salt": opening.salt.hex() if opening else None,
        }
        for entry, opening in zip(chain.links, chain.openings, strict=True)
    ]
    return _as_json({"circle": chain.circle, "label": chain.label, "entries": entries})


def _version_files(folder: str, version: FrozenVersion) -> dict[str, bytes]:
    described = {"label": version.label, "content_hash": version.content_hash, "pdf_hash": version.pdf_hash}
    files = {
        f"{folder}/version.json": _as_json(described),
        f"{folder}/texte.json": version.content,
        f"{folder}/signatures.json": _as_json({"signatures": list(version.signatures)}),
    }
    if version.pdf is not None:
        files[f"{folder}/contrat.pdf"] = version.pdf
    if version.signed_pdf is not None:
        files[f"{folder}/signe.pdf"] = version.signed_pdf
    for number, (ending, scan) in enumerate(version.scans, start=1):
        files[f"{folder}/papier-{number:02}.{ending}"] = scan
    for number, (ending, act) in enumerate(version.acts, start=1):
        files[f"{folder}/acte-{number:02}.{ending}"] = act
    return files


def _free_name(code: str, taken: Mapping[str, bytes]) -> str:
    """A plain file name for a clause; clauses whose codes look alike are numbered."""
    plain = unicodedata.normalize("NFKD", code).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60] or "clause"
    used = {name.lower() for name in taken}
    name, number = f"clauses/{stem}.md", 1
    while name.lower() in used:
        number += 1
        name = f"clauses/{stem}-{number}.md"
    return name


def _head(chain: ArchivedChain) -> str:
    return chain.links[-1].hash if chain.links else GENESIS


def _as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False).encode() + b"\n"


def _dated_never(name: str) -> zipfile.ZipInfo:
    """The date of a file in the ZIP would make two exports of the same content differ."""
    info = zipfile.ZipInfo(name, date_time=_LONG_AGO)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


_README = """\
DOSSIER DE PREUVE
=================

Ce dossier contient ce que son lecteur peut voir d’une négociation menée avec
Navette : les textes, leur histoire, les versions figées et leurs signatures.
Il se vérifie sans serveur, sans compte et sans nous croire.

Vérifier
--------
Avec Python 3.9 ou plus récent, sur n’importe quel ordinateur :

    python verifier.py LE-DOSSIER.zip

Le programme recalcule toutes les empreintes et nomme la première chose qui
serait fausse. Si vous avez conservé une tête de l’historique (elle est dans
les courriels reçus à chaque gel), donnez-la : elle seule montre que la fin
n’a pas été coupée, ni l’histoire réécrite depuis le début.

    python verifier.py LE-DOSSIER.zip --head shared=EMPREINTE

Le dossier d’un avenant se vérifie avec celui du contrat qu’il modifie :

    python verifier.py AVENANT.zip CONTRAT.zip

Le programme joint est une commodité. Si vous ne faites pas confiance à ce
dossier, ne faites pas confiance au programme qu’il contient : prenez-le
ailleurs, ou faites-en écrire un autre. Il tient en un fichier, et tout ce
qu’il calcule est décrit ci-dessous.

Ce qu’il y a ici
----------------
negociation.json        la négociation, le lecteur, la date de l’export
contrat.json            le contrat tel que le lecteur le voit
clauses/                le texte de chaque clause, un fichier chacune
historique/commun.json  les faits partagés par toutes les parties
historique/autorites.json, historique/partie-….json
                        les faits des cercles du lecteur, s’il en a
tetes.json              les têtes de cet historique que la plateforme a signées
versions/               chaque version figée : texte, PDF, signatures, et les
                        exemplaires signés à la main et les délibérations,
                        numérisés
approuves/              chaque relevé de séance, dialogue de gestion ou
                        évaluation que toutes les parties ont approuvé
manifest.json           l’empreinte et la taille de chaque fichier, la tête
                        de chaque historique ; sa propre empreinte SHA-256
                        est l’empreinte du dossier
cachet.json             ce que la plateforme a signé en donnant le dossier :
                        l’empreinte du manifeste, donc de chaque fichier
verifier.py             le programme
tableaux/               clauses, mouvements, indicateurs, finances et suivi, en
                        CSV pour un tableur
documents/              quand il les a demandés : le contrat pour Word et
                        LibreOffice, le projet et les textes approuvés en PDF
scenario/               la négociation en un seul fichier, qu’une instance de
                        Navette importe comme une négociation neuve
brouillons/             les textes en cours de rédaction qu’il peut lire
donnees/                les mêmes choses pour une autre instance de Navette,
                        une table par fichier ; les brouillons s’y
                        continuent, sans dire qui a tapé quoi quand

Emporter ailleurs
-----------------
Une autre instance de Navette reprend ce dossier :

    navette import LE-DOSSIER.zip --as ADRESSE-DE-SON-LECTEUR

Le contrat y a la même empreinte, les historiques les mêmes têtes, les versions
figées les mêmes octets. N’y sont pas, parce que leur lecteur ne les voyait
pas : l’intérieur des autres parties ; et, parce qu’ils ne s’emportent pas :
les comptes, les courriels, les clés de la plateforme.

Comment c’est lié
-----------------
Chaque fait de l’historique a un en-tête (numéro, date, auteur, nature,
empreinte du fait d’avant, engagement sur le contenu). L’empreinte d’un fait
est le SHA-256 de son en-tête en JSON canonique (RFC 8785). L’engagement est
le SHA-256 d’un sel de 32 octets suivi du contenu en JSON canonique. Un
contenu retenu (« payload » et « salt » nuls) garde sa place dans la chaîne.
L’empreinte d’une version figée est le SHA-256 de texte.json, celle d’un
texte approuvé le SHA-256 de son fichier ; son PDF le porte en pièce jointe.

Ce que cela ne prouve pas
-------------------------
L’identité civile des personnes ; l’exactitude des faits importés, marqués
« déclaré » ; qu’aucun autre accord n’existe ailleurs.
"""
