"""The contract as a PDF, by Typst: same content, same bytes.

Typst runs in a child process, in a fresh folder that holds the template and the fonts and nothing else, with limits on
memory and time. User text goes in as JSON and stays data.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Any, Literal

import rfc8785

from negotiation.documents.amendment_print import amendment_tree, consolidated_content, consolidated_tree
from negotiation.documents.confinement import confined
from negotiation.documents.contract_attachments import files_of
from negotiation.documents.print_tree import print_tree
from negotiation.documents.print_words import Node, words_of

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates" / "print"
TIME_LIMIT = 60
MEMORY_LIMIT = 2 * 1024**3
STANDARDS = ["a-3a", "ua-1"]
MARKED_FORMAT = "navette-contract-marked/1"
"""A contract with what each open proposal changes marked in it: to be read, never frozen."""

CONTENT_SHAPE = """
{
  "title": str, "reference": str,
  "subtitle": str, "territory": str, "place": str,          may be absent
  "date": "YYYY-MM-DD",                                     day of the gel, or of the draft: the date of the PDF
                                                            (date, place, history_head, signing, declared may come by
                                                            `around`)
  "period": {"start": "YYYY-MM-DD", "end": "YYYY-MM-DD"},
  "legal_basis": [str],
  "parties": [{"letter", "name", "short_name", "signatory_title", "side"}],   side as `vocabulary.Side`
  "parts": [part],                                          in the order of reading
  "tables": {                                               each may be absent
    "indicators": {"years": [str],
                   "rows": [{"code", "title", "unit", "baseline": str, "values": {year: str}, "final": str}]},
    "finance": {"years": [str],
                "groups": [{"title", "rows": [{"code", "label", "funder": letter, "nature": str,
                                               "values": {year: cents}, "total": cents}]}]}
  },
  "reserves": [{"code", "title", "party": letter, "text": Markdown,
                "answers": [{"party": letter, "text": Markdown}]}],
  "signatories": [{"party": letter, "role", "quality"}],
  "signing": {letter: int},                                 how many sign for each party; may be absent
  "declared": ["YYYY-MM-DD"],                               days of the signatures that a file declares, in the order
                                                            of `signatories`; may be absent
  "history_head": {"seq": int, "hash": str}                 of the shared history before the gel; may be absent
}
part   = {"kind": `vocabulary.PartKind`, "code", "title", "section": str (may be absent),
          "clauses": [clause], "parts": [part]}
clause = {"kind": `vocabulary.ClauseKind`, "label", "code", "text": Markdown, "value_text": str as shown,
          "state": `vocabulary.ClauseState`, "debtor": letter or None, "concerned": [letter],
          "before": {"text": Markdown, "value_text": str}, "marked_by": letter or ""}    of drafts whose changes are
                                                            marked; may be absent

An avenant's content has besides "amendment" (see `contract_content`), and `before` means there what the amended version
said, None for an added clause.

More keys are allowed: they are attached with the rest, not printed. No float. Withdrawn clauses are not printed;
fields with neither text nor value are printed in drafts only.
"""


class PrintFailure(Exception):
    """The PDF could not be made. The message is a French sentence."""


class UnprintableText(PrintFailure):
    """A character that the fonts of the contract don't have. `character` names it, `where` quotes what is around."""

    def __init__(self, character: str, where: str = "") -> None:
        name = unicodedata.name(character, "sans nom")
        around = f" dans « {where} »" if where else ""
        super().__init__(
            f"Le caractère {character!r} (U+{ord(character):04X}, {name}) ne peut pas être imprimé{around} : "
            "les polices du contrat ne l’ont pas. Remplacez-le avant de figer."
        )
        self.character = character
        self.where = where


def fingerprint_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in canonical JSON: the very bytes that are attached to the PDF."""
    return sha256(rfc8785.dumps(dict(content))).hexdigest()


def print_contract(
    content: dict[str, Any],
    *,
    fingerprint: str,
    label: str,
    kind: Literal["frozen", "draft"],
    around: Mapping[str, Any] | None = None,
    head: str = "",
) -> bytes:
    """PDF/A-3a and PDF/UA-1 of a content of CONTENT_SHAPE, with the content attached as `contrat.json` and
    `contrat.md`. Content that amends a signed contract is printed as an avenant: what changes, not the whole.

    `around` gives the keys of CONTENT_SHAPE that are printed but that the fingerprint doesn't cover (date, place,
    history_head, signing, declared: three parties ask for one gel on three days). `label` names the version (« v1.0 »,
    « Projet du 10 juillet 2026 »). Raises UnprintableText, PrintFailure, and ValueError when a frozen content doesn't
    have this fingerprint. `head`: what a frozen contract carries of its history (`contract_attachments.head_file`).
    """
    is_avenant = bool(content.get("amendment")) and content.get("format") != MARKED_FORMAT
    treed, template = (amendment_tree, "amendment.typ") if is_avenant else (print_tree, "contract.typ")
    files = files_of(content, consolidated=None, head=head)
    return _printed(
        content, around, files, treed=treed, template=template, fingerprint=fingerprint, label=label, kind=kind
    )


def print_consolidated(
    content: dict[str, Any],
    *,
    fingerprint: str,
    label: str,
    kind: Literal["frozen", "draft"],
    around: Mapping[str, Any] | None = None,
) -> bytes:
    """The whole contract at the state of an avenant, from the avenant's content; said on each page to be no proof.

    Arguments and errors are those of `print_contract`.
    """
    return _printed(
        content,
        around,
        files_of(content, consolidated=consolidated_content(content), head=""),
        treed=consolidated_tree,
        template="contract.typ",
        fingerprint=fingerprint,
        label=label,
        kind=kind,
    )


def _printed(
    content: dict[str, Any],
    around: Mapping[str, Any] | None,
    files: list[dict[str, str]],
    *,
    treed: Callable[..., Node],
    template: str,
    fingerprint: str,
    label: str,
    kind: str,
) -> bytes:
    if kind == "frozen" and fingerprint != fingerprint_of(content):
        raise ValueError("the fingerprint is not that of the content")
    tree = treed({**content, **(around or {})}, fingerprint=fingerprint, label=label, kind=kind)
    refuse_unprintable(tree)
    inputs = {name: json.dumps(held, ensure_ascii=False) for name, held in (("tree", tree), ("files", files))}
    return typeset(inputs, template)


def refuse_unprintable(tree: object) -> None:
    """Raises UnprintableText for the first character of any string of the tree that the fonts don't have."""
    printable = _printable()
    for words in words_of(tree):
        for at, character in enumerate(words):
            if character not in printable:
                raise UnprintableText(character, words[max(0, at - 30) : at + 30].strip())


def as_printable(tree: Any) -> Any:
    """The same tree, « ? » in the place of each character that the fonts don't have."""
    if isinstance(tree, str):
        printable = _printable()
        return "".join(character if character in printable else "?" for character in tree)
    if isinstance(tree, dict):
        return {name: as_printable(value) for name, value in tree.items()}
    return [as_printable(value) for value in tree] if isinstance(tree, list) else tree


@cache
def _printable() -> frozenset[str]:
    """Characters that both the serif, or the sans after it, can show: written beside the fonts when they were cut."""
    ranges = json.loads((TEMPLATES / "fonts" / "coverage.json").read_text(encoding="utf-8"))
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


def typeset(inputs: dict[str, str], template: str = "contract.typ") -> bytes:
    """The PDF that a template of `templates/print` makes of these inputs. Raises UnprintableText, PrintFailure."""
    with tempfile.TemporaryDirectory(prefix="navette-print-") as folder:
        for source in [*TEMPLATES.glob("*.typ"), *(TEMPLATES / "fonts").glob("*.ttf")]:
            copyfile(source, Path(folder) / source.name)
        asked = [sys.executable, "-m", __name__, folder, template]
        try:
            run = subprocess.run(
                confined(asked, memory=MEMORY_LIMIT, seconds=TIME_LIMIT),
                input=json.dumps(inputs).encode(),
                capture_output=True,
                timeout=TIME_LIMIT,
                cwd=folder,
                env={"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", ""), "HOME": folder},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PrintFailure("La mise en page a pris plus d’une minute : elle a été arrêtée.") from None
    if run.returncode == 0 and run.stdout.startswith(b"%PDF-"):
        return run.stdout
    raise _failure(run.stderr.decode("utf-8", "replace"))


def _failure(said: str) -> PrintFailure:
    missing = re.search(r'the text `"(.+?)"` could not be displayed', said)
    if missing:
        return UnprintableText(missing[1][0], missing[1])
    last = said.strip().splitlines()[-1] if said.strip() else "sans message"
    return PrintFailure(f"La mise en page a échoué : {last}")


def _child(folder: str, template: str) -> None:
    """What runs apart: read the inputs, compile, write the PDF. Nothing of the parent but the folder."""
    import typst

    compiler = typst.Compiler(
        input=str(Path(folder) / template),
        root=folder,
        font_paths=[folder],
        ignore_system_fonts=True,
        sys_inputs=json.load(sys.stdin),
        package_path=str(Path(folder) / "none"),
        package_cache_path=str(Path(folder) / "none"),
    )
    sys.stdout.buffer.write(compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=0))  # type: ignore[arg-type]


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2])
