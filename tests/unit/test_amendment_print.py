"""An avenant on paper: before and from now on, both whole; and the contract as it reads once amended."""

import io
import re
import zipfile
from datetime import UTC, datetime

from negotiation.documents.amendment_print import amendment_tree, consolidated_tree, sides
from negotiation.documents.pdf_print import fingerprint_of, print_consolidated, print_contract
from negotiation.documents.print_words import words_of
from negotiation.documents.word_consolidated import word_consolidated
from tests.unit.amendment_samples import SIGNED_HASH, amended_content


def tree_of(content, treed=amendment_tree, kind="frozen"):
    return treed(content, fingerprint="0" * 64, label="A1", kind=kind)


def words(nodes):
    return " ".join(" ".join(words_of(nodes)).replace("\u00a0", " ").split())


def test_each_side_of_a_change_reads_as_its_own_text_does():
    old, new = sides("Le taux est de 97 %.\n\n- un\n- deux", "Le taux est de 95 % dès 2025.\n\n1. un")
    assert "97" in words(old)
    assert not re.search("95|dès 2025", words(old))
    assert "95" in words(new)
    assert not re.search("97|deux", words(new))


def test_an_avenant_says_what_it_amends_what_changes_and_what_stays():
    content = amended_content()
    tree = tree_of(content)
    assert tree["title"].replace("\u00a0", " ").startswith("Avenant n° 1 au contrat « CPOM")
    assert SIGNED_HASH[:4] in dict(tree["amends"])["Empreinte de son texte"]
    assert [part["title"] for chapter in tree["chapters"] for part in chapter["parts"]] == ["Avenant n°\u00a01"]
    reworded, valued = tree["changes"][0]["clauses"][0], tree["changes"][-1]["clauses"][-1]
    assert "accord" in words(reworded["old"])
    assert "accord" not in words(reworded["new"])
    assert valued["old_value"] == "3 places"
    assert valued["same_text"]
    assert "12 places" in tree["dropped"][0]["value"]
    told = words(tree["unchanged"])
    assert "Article 1," in told
    assert "Article 2," not in told
    assert len(tree["signatories"]) == 3


def test_a_new_term_and_an_end_are_said_on_their_covers():
    extended = tree_of(amended_content("extension"))
    assert extended["term"] == ["31 décembre 2028", "31 décembre 2029"]
    assert tree_of(amended_content("termination"))["ends"]
    consolidated = tree_of(amended_content("extension"), consolidated_tree)
    assert consolidated["period"].endswith("31 décembre 2029")


def test_the_prints_of_an_avenant_are_the_same_each_time_and_carry_its_content():
    content = amended_content("extension")
    fingerprint = fingerprint_of(content)
    for printed in (print_contract, print_consolidated):
        pdf = printed(content, fingerprint=fingerprint, label="A1", kind="frozen")
        assert pdf == printed(content, fingerprint=fingerprint, label="A1", kind="frozen")
        assert b"pdfaid:part>3<" in pdf


def test_a_consolidated_version_is_the_whole_contract_and_no_proof():
    tree = tree_of(amended_content(), consolidated_tree)
    assert "seuls le contrat et ses avenants signés font foi" in words(tree["consolidated"]["said"])
    assert not tree["signatories"]
    assert not tree["marked"]
    said = words(tree["chapters"])
    assert "Contexte et enjeux" in said
    assert not re.search("promettait|présent avenant|parties au accord", said)


def test_a_project_of_consolidated_version_says_so():
    tree = tree_of(amended_content(), consolidated_tree, kind="draft")
    assert tree["consolidated"]["name"] == "Projet de version consolidée"
    assert "en négociation" in tree["consolidated"]["said"]


def test_the_consolidated_version_for_word_has_the_whole_text_its_reserves_and_its_warning():
    content = amended_content("extension")
    packed = word_consolidated(content, fingerprint="0" * 64, kind="frozen", made_at=datetime(2026, 11, 23, tzinfo=UTC))
    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        written = {name: parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")}
    body = written["word/document.xml"]
    for words in ("Contexte et enjeux", "31\u00a0décembre 2029", "Réserves maintenues", "Le montant est ferme"):
        assert words in body.replace("31 décembre", "31\u00a0décembre")
    assert "promettait" not in body
    assert any("font foi" in text for name, text in written.items() if "header" in name)
