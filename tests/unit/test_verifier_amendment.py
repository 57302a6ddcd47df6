"""An avenant's archive beside its contract's: the verifier checks what links them, and names the first thing wrong."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from negotiation import verifier
from negotiation.documents.archive import ArchiveContent, ArchivedChain, FrozenVersion, write_archive
from tests.unit.proof_samples import V1, Fact, chained, sample_content, shared_facts

ROOT, OTHER = "cpom-2024", "another-cpom"
AVENANT, KEY = "7d1f2a3c-0000-4000-8000-0000000000a1", "cpom-2024-a1"


def contract(*more: Fact, key: str = ROOT) -> ArchiveContent:
    """The sample's negotiation, with what its history tells of avenants."""
    content = sample_content()
    links, openings = chained("shared", [*shared_facts(), *more])
    return replace(
        content,
        negotiation={**content.negotiation, "key": key},
        chains=(ArchivedChain("Toutes les parties", "shared", links, openings), *content.chains[1:]),
    )


def opened(number: int = 1, avenant: str = KEY) -> Fact:
    return ("og.dg", "avenant.opened", {"avenant": avenant, "number": number, "kind": "change"})


def signed(text: str, number: int = 1) -> Fact:
    return ("platform", "avenant.signed", {"avenant": KEY, "number": number, "content_hash": text})


def amends(parent: ArchiveContent, **changed: object) -> dict[str, object]:
    stop = parent.chains[0].links[6]
    return {
        "negotiation": ROOT,
        "reference": "CPOM-SAR-2024-01",
        "number": 1,
        "version": "v1.0",
        "content_hash": V1.content_hash,
        "pdf_hash": V1.pdf_hash,
        "head": {"seq": 7, "hash": stop.hash},
        **changed,
    }


def avenant(told: Mapping[str, object], said: Mapping[str, object] | None = None) -> bytes:
    """`told` by the first fact of its history, `said` by its frozen text."""
    amended = {name: told[name] for name in ("negotiation", "reference", "content_hash", "pdf_hash")}
    text = {"amendment": {"number": told["number"], "amends": {"title": "CPOM 2024-2028", **amended, **(said or {})}}}
    version = FrozenVersion("A1", json.dumps(text, ensure_ascii=False).encode(), b"%PDF-1.7 avenant")
    frozen = {"label": "A1", "content_hash": version.content_hash, "pdf_hash": version.pdf_hash}
    facts = [("og.dg", "negotiation.opened", {"amends": dict(told)}), ("platform", "version.frozen", frozen)]
    links, openings = chained("shared", facts, negotiation=AVENANT)
    content = sample_content()
    return write_archive(
        replace(
            content,
            negotiation={"id": AVENANT, "key": KEY, "title": "Avenant n° 1", "reference": "CPOM-SAR-2024-01 A1"},
            chains=(ArchivedChain("Toutes les parties", "shared", links, openings),),
            contract=version.content,
            versions=(version,),
            approved=(),
            head_seals=(),
        )
    )


def test_an_avenants_own_archive_says_what_it_amends():
    report = verifier.verify_archive(avenant(amends(contract())))
    assert report.ok, report.first_problem
    named = f"Avenant n° 1 au contrat « CPOM 2024-2028 », version signée d’empreinte {V1.content_hash}."
    assert named in report.proves
    wrong = verifier.verify_archive(avenant(amends(contract()), {"content_hash": "0" * 64}))
    assert "n’est pas ce que dit le premier fait" in str(wrong.first_problem)


def test_both_archives_are_linked_and_each_is_checked():
    parent = contract(opened())
    report = verifier.verify_together({"A.zip": avenant(amends(parent)), "C.zip": write_archive(parent)})
    assert report.ok, report.first_problem
    assert report.checks[-1].label == "Lien de A.zip"
    forged = replace(parent, contract=b"{}", versions=(replace(V1, pdf=b"%PDF-1.7 altered"), *parent.versions[1:]))
    report = verifier.verify_together({"A.zip": avenant(amends(parent)), "C.zip": write_archive(forged)})
    assert str(report.first_problem).startswith("C.zip, Version figée")


@pytest.mark.parametrize(
    ("parent", "changed", "said"),
    [
        (contract(opened(), key=OTHER), {"content_hash": "0" * 64}, "celui du contrat que cet avenant modifie"),
        (contract(opened()), {"content_hash": "0" * 64}, "aucune version des autres dossiers"),
        (contract(opened()), {"head": {"seq": 7, "hash": "0" * 64}}, "n’est pas celle d’où il part (fait 7)"),
        (contract(opened(number=2)), {}, "l’avenant n° 2 est un autre"),
        (contract(opened(), signed("0" * 64)), {}, "l’avenant n° 1 est un autre"),
        (contract(opened(avenant="another-a1")), {}, "l’avenant n° 1 est un autre"),
    ],
    ids=[
        "wrong parent",
        "altered parent",
        "rewritten parent",
        "another number",
        "another text signed",
        "number of another",
    ],
)
def test_the_first_wrong_thing_between_them_is_named(parent, changed, said):
    report = verifier.verify_together({"A.zip": avenant(amends(parent, **changed)), "C.zip": write_archive(parent)})
    assert not report.ok
    assert said in str(report.first_problem)
    assert str(report.first_problem).startswith("Lien de A.zip")


def test_the_command_takes_both_files(tmp_path, capsys):
    parent = contract(opened())
    for name, data in (("A.zip", avenant(amends(parent))), ("C.zip", write_archive(parent))):
        (tmp_path / name).write_bytes(data)
    both = [str(tmp_path / "A.zip"), str(tmp_path / "C.zip")]
    assert verifier.main(both) == 0
    assert "Lien de" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        verifier.main([*both, "--head", "0" * 64])
