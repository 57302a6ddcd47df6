"""What a proposal changes, on paper: every word of both texts, each marked for what became of it."""

import pytest

from negotiation.documents.pdf_print import fingerprint_of, print_contract
from negotiation.documents.print_tree import print_tree
from negotiation.documents.redline_print import marked_blocks, marked_line
from tests.unit.contract_samples import contract_content

BEFORE = """Le taux est de 97 %.

1. Premier point
2. Deuxième point
    - Détail

| Année | Places |
| --- | --- |
| 2024 | 12 |

> Un mot cité."""
AFTER = """Le taux est de 95 % dès 2025.

1. Premier point
2. Deuxième point, revu
    - Détail
    - Autre détail

| Année | Places |
| --- | --- |
| 2024 | 14 |
| 2025 | 16 |

> Un mot cité."""


def runs_in(node):
    if isinstance(node, dict):
        return [node] if "s" in node else [run for value in node.values() for run in runs_in(value)]
    return [run for value in node for run in runs_in(value)] if isinstance(node, list) else []


def said(nodes, *ops):
    return " ".join(run["s"] for run in runs_in(nodes) if run["op"] in ops).replace("\u00a0", " ").split()


def test_both_texts_can_be_read_from_the_marked_one():
    nodes = marked_blocks(BEFORE, AFTER)
    for word in ("97", "12"):
        assert word in said(nodes, "del")
    assert {"95", "14", "2025", "16"} <= {word.strip(".%") for word in said(nodes, "ins")}
    assert "Détail" in said(nodes, "")


def test_lists_and_tables_keep_their_shape():
    kinds = [node["t"] for node in marked_blocks(BEFORE, AFTER)]
    assert kinds == ["paragraph", "numbers", "table", "quote"]
    numbers = marked_blocks(BEFORE, AFTER)[1]
    assert numbers["values"] == [1, 2]
    assert len(numbers["items"][1][1]["items"]) == 2, "the detail and the other one, under the second point"
    table = marked_blocks(BEFORE, AFTER)[2]
    assert {len(row) for row in table["rows"]} == {2}


def test_a_value_is_taken_out_and_put_in_whole():
    assert [run["op"] for run in marked_line("5 places", "4 places")] == ["del", "", "ins"]
    assert [run["op"] for run in marked_line("", "4 places")] == ["ins"]
    assert [run["op"] for run in marked_line("4 places", "4 places")] == [""]


@pytest.mark.parametrize("markdown", ["", "- a\n  1. b\n- c", "# Titre\n\n---\n\nMot", "| a |\n| --- |\n| b | c |"])
def test_whatever_was_there_before_it_is_typeset(markdown):
    content = contract_content()
    content["parts"], content["tables"] = content["parts"][:1], {}
    clause = content["parts"][0]["clauses"][0]
    content["parts"][0]["clauses"] = [
        clause | {"text": "Mot\n\n- d\n- e", "before": {"text": markdown, "value_text": "3"}, "marked_by": "G"}
    ]
    assert print_tree(content, fingerprint="0" * 64, label="Projet", kind="draft")["marked"]
    pdf = print_contract(content, fingerprint=fingerprint_of(content), label="Projet", kind="draft")
    assert pdf.startswith(b"%PDF-")
