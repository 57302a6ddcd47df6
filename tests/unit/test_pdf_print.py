"""The printed contract: the same bytes every time, the text as data, nothing hidden."""

import hashlib
import json
import re
import subprocess
import sys
import unicodedata
import zlib
from pathlib import Path

import pytest
import rfc8785
from fontTools.ttLib import TTFont
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from negotiation.documents import pdf_print
from negotiation.documents.contract_attachments import head_file, markdown_of
from negotiation.documents.pdf_print import PrintFailure, UnprintableText, fingerprint_of, print_contract
from negotiation.verifier import attached_to
from tests.unit.contract_samples import contract_content

FONTS = pdf_print.TEMPLATES / "fonts"


def printed(content, *, kind="frozen", label="v1.0") -> bytes:
    return print_contract(content, fingerprint=fingerprint_of(content), label=label, kind=kind)


def saying(markdown: str):
    """A short contract whose first clause says this."""
    content = contract_content()
    content["parts"] = content["parts"][:1]
    content["tables"] = {}
    content["parts"][0]["clauses"] = [{**content["parts"][0]["clauses"][0], "text": markdown}]
    return content


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type ?/Page\b", pdf))


def streams(pdf: bytes):
    for raw in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(raw)
        except zlib.error:
            yield raw


@pytest.mark.parametrize("scenario", ["ehpad", "handicap"])
def test_a_whole_contract_is_printed_twice_to_the_same_byte(scenario):
    content = contract_content(scenario)
    pdf = printed(content)
    assert pdf == printed(content)
    assert 20 < pages(pdf) < 60


def test_it_says_what_it_is_pdf_a_3_accessible_and_dated_by_the_contract():
    pdf = printed(contract_content())
    assert b"pdfaid:part>3<" in pdf
    assert b"pdfaid:conformance>A<" in pdf
    assert b"pdfuaid:part>1<" in pdf
    assert b"D:20231124000000Z" in pdf
    assert set(re.findall(rb"\(D:(\d{8})", pdf)) == {b"20231124"}


def test_the_attached_content_has_the_printed_fingerprint_and_is_read_alone_as_markdown():
    content = contract_content()
    carried = attached_to(printed(content))
    assert list(carried) == ["contrat.json", "contrat.md"], "no head of a history that nobody gave"
    assert hashlib.sha256(carried["contrat.json"]).hexdigest() == fingerprint_of(content)
    assert carried["contrat.md"].decode() == markdown_of(content)


def test_the_markdown_of_a_contract_holds_each_text_in_the_order_of_reading():
    content = contract_content()
    left = markdown_of(content)
    for words in texts_of(content["parts"]):
        _, found, left = left.partition(f"\n\n{words}\n")
        assert found, words
    headed = "**EN01 Taux d’occupation** (G envers A)\n\nIl atteint **95 %**."
    clause = {**content["parts"][0]["clauses"][0], "code": "EN01", "label": "Taux d’occupation", "debtor": "G"}
    said = saying("x")
    said["parts"][0]["clauses"] = [
        {**clause, "concerned": ["G", "A"], "text": "Il atteint **95 %**."},
        {**clause, "text": "Retiré.", "state": "withdrawn"},
    ]
    assert headed in markdown_of(said) and "Retiré." not in markdown_of(said)
    assert "## Réserve maintenue : Subvention" in markdown_of(said) and "\n\nD : Le montant est ferme" in markdown_of(
        said
    )


def texts_of(parts):
    for part in parts:
        yield from (clause["text"] for clause in part["clauses"] if clause["text"] and clause["state"] != "withdrawn")
        yield from texts_of(part["parts"])


def test_a_frozen_contract_carries_the_head_of_its_history_and_is_the_same_to_the_byte():
    content, head = saying("Texte"), head_file("n/shared", {"seq": 12, "hash": "0f" * 32})
    pdf, again = (
        print_contract(content, fingerprint=fingerprint_of(content), label="v1.0", kind="frozen", head=head)
        for _ in "12"
    )
    assert pdf == again
    told = json.loads(attached_to(pdf)["historique-tete.json"])
    assert (told["format"], told["chain"], told["seals"]) == ("navette-head/1", "n/shared", [])
    assert told["head"] == {"seq": 12, "hash": "0f" * 32} and "partagé" in told["about"]


def test_a_frozen_contract_never_bears_the_fingerprint_of_another():
    with pytest.raises(ValueError, match="fingerprint"):
        print_contract(contract_content(), fingerprint="0" * 64, label="v1.0", kind="frozen")


def test_the_day_of_the_gel_is_printed_without_changing_the_fingerprint():
    content = contract_content()
    day = {"date": content.pop("date")}
    fingerprint = fingerprint_of(content)
    pdf = print_contract(content, fingerprint=fingerprint, label="v1.0", kind="frozen", around=day)
    assert b"D:20231124000000Z" in pdf
    assert rfc8785.dumps(content) in list(streams(pdf))


def test_a_draft_and_a_frozen_version_are_not_taken_for_each_other():
    content = saying("Texte")
    assert printed(content, kind="draft", label="Projet du 10 juillet 2026") != printed(content)


@pytest.mark.parametrize(
    "markdown",
    [
        '#panic("executed")',
        '#read("/etc/passwd") #include "theme.typ" #import "theme.typ": *',
        "$ x^2 $ @label <label> // comment /* comment */ \\u{41} ~ -- --- ... `raw`",
        "[un lien](https://exemple.fr/?a=1&b=(2)) et ![image](https://exemple.fr/i.png)",
        '\\#set page(fill: black) \\"\\" " \' « » ⟨',
    ],
)
def test_the_words_of_a_clause_are_never_a_program(markdown):
    printable = "".join(character for character in markdown if character != "⟨")
    assert printed(saying(printable)).startswith(b"%PDF-1.7")


markdown_texts = st.lists(
    st.sampled_from(
        ["# t", "#### u", "mot **gras** *it* ~~b~~", "- a\n- b\n  1. c", "3. x\n4. y", "> cité\n> - z", "---",
         "| a | |\n|---|---|\n| | b |", "|x|\n|-|", "ligne  \nsuite", "**" + "m" * 90 + "**", "1\u00a0000 €"]
    ),
    min_size=1, max_size=12,
).map("\n\n".join)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markdown_texts)
def test_any_text_that_a_clause_may_hold_is_printed(markdown):
    assert pages(printed(saying(markdown))) >= 4


def test_every_character_said_printable_is():
    """In the upright, bold, italic, both, in a title and in a value: where fonts differ."""
    every = "".join(sorted(pdf_print._printable() - set(" ")))
    escaped = re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~&])", r"\\\1", " ".join(re.findall(".{1,30}", every, re.DOTALL)))
    content = saying(f"x{escaped}x\n\n**x{escaped}x**\n\n*x{escaped}x*\n\n***x{escaped}x***")
    content["parts"][0] |= {"title": every, "section": every}
    content["parts"][0]["clauses"][0]["value_text"] = every
    assert printed(content).startswith(b"%PDF")


def test_what_is_said_printable_is_what_the_fonts_have():
    def has(name: str) -> set[int]:
        return set(TTFont(FONTS / f"Navette{name}.ttf").getBestCmap())

    styles = [("Serif-Regular", "Sans-Regular"), ("Serif-Italic", "Sans-Italic"), ("Serif-SemiBold", "Sans-SemiBold"),
              ("Serif-SemiBoldItalic", "Sans-Italic")]  # fmt: skip
    common = set.intersection(*(has(serif) | has(sans) for serif, sans in styles))
    kept = {chr(code) for code in common if unicodedata.category(chr(code)) not in {"Cc", "Cf", "Co", "Cn", "Cs"}}
    assert pdf_print._printable() == kept | {"\u00ad"}


def test_a_character_that_cannot_be_printed_is_named_with_its_place():
    with pytest.raises(UnprintableText, match=r"U\+1F600, GRINNING FACE.*« Les résidents 😀 sont »") as refusal:
        printed(saying("Les résidents 😀 sont"))
    assert refusal.value.character == "😀"


def test_a_character_that_only_typst_refuses_is_named_too(monkeypatch):
    monkeypatch.setattr(pdf_print, "refuse_unprintable", lambda tree: None)
    with pytest.raises(UnprintableText, match="GRINNING FACE"):
        printed(saying("Les résidents 😀 sont"))


def test_a_word_without_end_does_not_leave_the_sheet():
    assert pages(printed(saying("M" * 9000))) > pages(printed(saying("M")))


def test_what_takes_too_long_is_stopped_and_said(monkeypatch):
    monkeypatch.setattr(pdf_print, "TIME_LIMIT", 0.01)
    with pytest.raises(PrintFailure, match="plus d’une minute"):
        printed(saying("Texte"))


def test_the_child_gets_nothing_of_our_environment(monkeypatch):
    seen = {}
    real = subprocess.run

    def run(command, **options):
        seen.update(options["env"])
        return real(command, **options)

    monkeypatch.setenv("SECRET_KEY", "s3cret")
    monkeypatch.setattr(subprocess, "run", run)
    printed(saying("Texte"))
    assert set(seen) == {"PYTHONPATH", "PATH", "HOME"}


def test_it_prints_the_same_under_gevent(tmp_path):
    """The server runs on gevent, whose patched subprocess must serve as well."""
    content = saying("Texte")
    (tmp_path / "content.json").write_text(json.dumps(content), encoding="utf-8")
    program = """
import gevent.monkey; gevent.monkey.patch_all()
import hashlib, json, sys
from negotiation.documents.pdf_print import fingerprint_of, print_contract
content = json.load(open(sys.argv[1], encoding="utf-8"))
pdf = print_contract(content, fingerprint=fingerprint_of(content), label="v1.0", kind="frozen")
print(hashlib.sha256(pdf).hexdigest())
"""
    command = [sys.executable, "-c", program, str(tmp_path / "content.json")]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=pdf_print.ROOT, check=True).stdout
    assert answer.strip() == hashlib.sha256(printed(content)).hexdigest()


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(pdf_print.tempfile, "tempdir", None)
    printed(saying("Texte"))
    assert list(Path(tmp_path).iterdir()) == []
