"""The stand-alone verifier: it runs alone, agrees with the rules, and says what it proves and what it doesn't."""

import ast
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation import verifier
from negotiation.documents.archive import archive_fingerprint, write_archive
from negotiation.rules import history_chain
from negotiation.rules.history_chain import FaultCode
from tests.unit.proof_samples import NEGOTIATION, PARTY, chained, sample_archive, sample_content, shared_facts


def run_alone(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """As somebody would who has the file, Python and nothing else: no site-packages, no Navette beside."""
    alone = folder / "verifier.py"
    alone.write_bytes(Path(verifier.__file__).read_bytes())
    command = [sys.executable, "-I", "-S", str(alone), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env={"PYTHONIOENCODING": "utf-8"})


def test_it_imports_the_standard_library_alone():
    tree = ast.parse(Path(verifier.__file__).read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= set(sys.stdlib_module_names)


def test_an_honest_archive_is_right():
    report = verifier.verify_archive(sample_archive())
    assert report.ok
    assert report.first_problem is None
    assert all(check.ok for check in report.checks)
    assert report.fingerprint == archive_fingerprint(sample_archive())


def test_the_program_inside_the_archive_is_the_verifier():
    assert verifier.read_members(sample_archive())["verifier.py"] == Path(verifier.__file__).read_bytes()


def test_it_finds_the_heads_that_the_rules_find():
    for chain in sample_content().chains:
        expected = history_chain.verify(chain.links, chain.openings).head
        assert verifier.verify_archive(sample_archive()).heads[chain.circle] == expected


def test_it_knows_every_fault_by_the_same_code():
    assert set(verifier.SENTENCES) == set(FaultCode)


@given(st.dictionaries(st.text(st.characters(max_codepoint=127)), st.text(st.characters(exclude_categories=["Cs"]))))
def test_it_writes_canonical_json_as_the_rules_do(payload):
    assert verifier.canonical(payload) == history_chain.canonical_payload(payload)


def test_it_says_what_it_proves_and_what_it_does_not():
    report = verifier.verify_archive(sample_archive())
    assert any("v1.0" in sentence and "2 signatures" in sentence for sentence in report.proves)
    unproved = " ".join(report.does_not_prove)
    for words in ("identité civile", "déclaré", "Contenu retenu : 1 fait", "la fin n’a pas été coupée"):
        assert words in unproved


def test_a_kept_head_takes_the_doubt_about_the_tail_away():
    head = history_chain.verify(*chained("shared", shared_facts())).head
    report = verifier.verify_archive(sample_archive(), {"shared": head})
    assert report.ok
    assert any("fait 8 sur 8" in sentence for sentence in report.proves)
    assert not any("--head shared" in sentence for sentence in report.does_not_prove)
    assert any(f"--head {PARTY}" in sentence for sentence in report.does_not_prove)


def test_a_head_kept_before_later_facts_still_fits():
    links, _ = chained("shared", shared_facts())
    assert verifier.verify_archive(sample_archive(), {"shared": links[2].hash}).ok


def test_a_kept_head_of_another_story_does_not_fit():
    report = verifier.verify_archive(sample_archive(), {"shared": "ab" * 32})
    assert not report.ok
    assert "tête que vous avez conservée" in str(report.first_problem)


def test_a_head_of_a_circle_that_is_not_there_is_not_forgotten():
    assert not verifier.verify_archive(sample_archive(), {"authorities": "ab" * 32}).ok


def test_a_negotiation_without_any_gel_verifies_too():
    links, openings = chained("shared", shared_facts()[:4])
    content = sample_content()
    shared = replace(content.chains[0], links=links, openings=openings)
    assert verifier.verify_archive(write_archive(replace(content, chains=(shared,), versions=()))).ok


def test_dates_that_go_back_are_said():
    links, openings = chained("shared", shared_facts()[:1])
    late = history_chain.link(
        links[-1],
        chain=f"{NEGOTIATION}/shared",
        ts="2020-01-01T00:00:00Z",
        actor="a",
        kind="comment.written",
        payload={},
        salt=bytes(32),
    )
    content = sample_content()
    shared = replace(
        content.chains[0], links=[*links, late], openings=[*openings, history_chain.Opening({}, bytes(32))]
    )
    report = verifier.verify_archive(write_archive(replace(content, chains=(shared,), versions=())))
    assert report.ok
    assert any("antérieure" in sentence for sentence in report.does_not_prove)


def test_it_runs_alone_and_answers_0(tmp_path):
    (tmp_path / "dossier.zip").write_bytes(sample_archive())
    head = verifier.verify_archive(sample_archive()).heads["shared"]
    run = run_alone(tmp_path, "dossier.zip", "--head", f"shared={head}")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("JUSTE")
    assert "Ce que cela ne prouve pas" in run.stdout


def test_it_runs_alone_and_answers_1_with_the_first_problem(tmp_path):
    (tmp_path / "dossier.zip").write_bytes(sample_archive())
    run = run_alone(tmp_path, "dossier.zip", "--head", f"shared={'0' * 63}1", "--json")
    answer = json.loads(run.stdout)
    assert run.returncode == 1
    assert (answer["ok"], answer["readable"]) == (False, True)
    assert answer["first_problem"].startswith("Tête conservée, shared")
    assert {"label", "ok", "detail"} == set(answer["checks"][0])


@pytest.mark.parametrize(
    ("written", "arguments"),
    [(b"nothing", ["dossier.zip"]), (b"x", ["absent.zip"]), (b"x", ["dossier.zip", "--head", "shared"])],
)
def test_it_answers_2_to_what_it_cannot_read(tmp_path, written, arguments):
    (tmp_path / "dossier.zip").write_bytes(written)
    assert run_alone(tmp_path, *arguments).returncode == 2
