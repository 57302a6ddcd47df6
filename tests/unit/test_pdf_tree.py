"""What goes to the printer: every word of the contract, in good French typography, and no more."""

import pytest

from negotiation.documents.print_tree import print_tree
from negotiation.documents.print_words import blocks, capitals, plain, shortened, words_of
from tests.unit.contract_samples import contract_content


def tree_of(content, *, kind="frozen"):
    return print_tree(content, fingerprint="4f1c9b27" * 8, label="v1.0", kind=kind)


def field(**changed):
    return {"kind": "text", "label": "Pilote", "code": "", "text": "", "value_text": "", "state": "agreed",
            "debtor": None, "concerned": [], **changed}  # fmt: skip


def fields_of(clause, *, kind):
    content = contract_content()
    content["parts"] = [{"kind": "fiche_action", "code": "FA01", "title": "T", "clauses": [clause], "parts": []}]
    (part,) = tree_of(content, kind=kind)["chapters"][0]["parts"]
    return part["fields"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("95 % : oui ; non ! vrai ?", "95\u00a0% : oui\u202f; non\u202f! vrai\u202f?"),
        ("« lits »", "«\u00a0lits\u00a0»"),
        ("1 240 000 €", "1\u202f240\u202f000\u00a0€"),
        ("l'article L. 313-12", "l’article L.\u00a0313-12"),
        ("une\nligne\tou deux", "une ligne ou deux"),
    ],
)
def test_spaces_and_apostrophes_are_french(typed, shown):
    assert plain(typed).replace("\u00a0:", " :") == shown


def test_the_colon_keeps_its_wide_no_break_space():
    assert plain("Total : 5") == "Total\u00a0: 5"


def test_the_words_of_a_contract_are_all_there():
    content = contract_content()
    printed = " ".join(words_of(tree_of(content)))
    for part in content["parts"]:
        assert plain(part["title"]) in printed
    assert "taux d’occupation de 95\u00a0% en hébergement permanent" in printed


def test_a_withdrawn_clause_is_not_printed():
    assert fields_of(field(text="Nul", state="withdrawn"), kind="frozen") == []
    assert fields_of(field(text="Nul", state="withdrawn"), kind="draft") == []


def test_an_empty_field_shows_in_a_draft_alone():
    assert fields_of(field(), kind="frozen") == []
    assert fields_of(field(state="agreed"), kind="draft") == []
    (shown,) = fields_of(field(state="to_write"), kind="draft")
    assert shown["state"] == "à écrire"


def test_short_values_that_follow_each_other_stand_side_by_side():
    content = contract_content()
    years = [field(label=f"Cible {year}", value_text="93 %") for year in (2024, 2025)]
    clauses = [field(text="Texte"), *years, field(value_text="un texte bien trop long pour une case")]
    content["parts"] = [{"kind": "indicator", "code": "I01", "title": "T", "clauses": clauses, "parts": []}]
    (part,) = tree_of(content)["chapters"][0]["parts"]
    assert [len(row["cells"]) for row in part["fields"]] == [0, 2, 0]


def test_the_values_of_the_years_are_one_table_under_their_years_even_one_still_to_write():
    years = [field(field=f"targets.{year}", label=f"Cible {year}", value_text="93 %") for year in (2027, 2028)]
    years[1] |= {"value_text": "", "state": "to_write"}
    reference = [
        field(field="baseline.year", label="Année de référence", value_text="2025"),
        field(field="baseline.value", label="Valeur de référence", value_text="90 %"),
    ]
    content = contract_content()
    clauses = [*reference, *years, field(field="final_target", label="Cible finale", value_text="95 %")]
    content["parts"] = [{"kind": "indicator", "code": "I01", "title": "T", "clauses": clauses, "parts": []}]
    ((row,),) = [part["fields"] for part in tree_of(content, kind="draft")["chapters"][0]["parts"]]
    shown = [(it["head"], it["row"], it["value"], it["state"]) for it in row["years"]]
    assert shown == [
        ("Référence 2025", "", "90\u00a0%", ""),
        ("2027", "Cible", "93\u00a0%", ""),
        ("2028", "Cible", "", "à écrire"),
        ("Cible finale", "", "95\u00a0%", ""),
    ]


def test_a_contract_is_made_in_a_town_and_in_none_when_nobody_knows_it():
    houses = [{"name": "EHPAD Le Clos-Varède", "commune": "Saint-Ambre"}]
    said = {"EHPAD Le Clos-Varède": "Saint-Ambre", "Saint-Ambre": "Saint-Ambre", "Siège de l'association": "", "": ""}
    content = contract_content() | {"establishments": houses}
    assert {place: tree_of(content | {"place": place})["place"] for place in said} == said


def test_a_signature_that_a_file_declares_is_said_so_with_its_day():
    content = contract_content()
    assert {it["signed"] for it in tree_of(content)["signatories"]} == {""}
    tree = tree_of(content | {"declared": ["2023-11-24"] * len(content["signatories"])})
    assert {it["signed"] for it in tree["signatories"]} == {"24 novembre 2023"}
    assert tree["declared"]


def test_a_section_that_repeats_the_number_is_said_once():
    content = contract_content()
    content["parts"][0] |= {"code": "Préambule", "section": "Préambule"}
    assert tree_of(content)["chapters"][0]["parts"][0]["section"] == ""


def test_a_frozen_text_bears_no_state_of_negotiation():
    (shown,) = fields_of(field(text="x", state="agreed"), kind="frozen")
    assert shown["state"] == ""


def test_parties_differ_by_shape_not_by_colour_alone():
    content = contract_content()
    content["parties"] += [
        {"letter": "E", "name": "État", "side": "autorite"},
        {"letter": "P", "name": "Partenaire", "side": "associe"},
    ]
    shapes = [party["shape"] for party in tree_of(content)["parties"].values()]
    assert shapes == ["square", "circle", "hexagon", "diamond", "outline"]


def test_totals_are_the_sum_of_the_lines_above():
    finance = tree_of(contract_content())["annexes"][1]
    granted = finance["groups"][0]
    assert granted["total"][1] == "Total"
    assert granted["total"][-1] == "2\u202f392\u202f000"
    assert [group["total"] == [] for group in finance["groups"]] == [len(g["rows"]) == 1 for g in finance["groups"]]


def test_a_contract_without_annex_reserve_nor_signatory_is_printed_too():
    optional = {"tables", "reserves", "signatories", "legal_basis", "history_head", "place", "subtitle"}
    content = {key: value for key, value in contract_content().items() if key not in optional}
    tree = tree_of(content)
    assert (tree["annexes"], tree["reserves"], tree["signatories"], tree["history_head"]) == ([], [], [], "")
    assert tree["subtitle"].startswith("CONTRAT PLURIANNUEL")


def test_markdown_becomes_nodes():
    kinds = [block["t"] for block in blocks("# a\n\nb\n\n- c\n\n1. d\n\n> e\n\n---\n\n|f|\n|-|\n|g|")]
    assert kinds == ["heading", "paragraph", "bullets", "numbers", "quote", "rule", "table"]
    (paragraph,) = blocks("un **mot** [lié](https://exemple.fr)  \nsuite")
    assert [run.get("marks") for run in paragraph["runs"]] == [[], ["bold"], [], [], None, []]
    assert paragraph["runs"][3]["href"] == "https://exemple.fr"


def test_capitals_are_those_that_the_fonts_have():
    assert capitals("œuvre d’été, ɜ") == "ŒUVRE D’ÉTÉ, ɜ"


def test_what_is_too_long_for_a_running_head_ends_with_an_ellipsis():
    assert shortened("CPOM 2024-2028", most=70) == "CPOM 2024-2028"
    assert shortened("a b" * 40, most=20).endswith("…")
    assert len(shortened("a" * 100, most=20)) == 20


def test_a_working_text_is_not_said_to_be_missing():
    (shown,) = fields_of(field(text="Un texte de travail", state="to_write"), kind="draft")
    assert (shown["state"], shown["agreed"]) == ("", False)
