"""Markdown in and out of a live draft."""

import hashlib

import pytest
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from negotiation.drafting import schema
from negotiation.drafting.guard import inspect
from negotiation.drafting.markdown_bridge import plain_text_hash, read_fragment, write_fragment
from tests import drafting_bytes as yjs

WHOLE = """# Objectif 1

Un **gras *et* italique**, ~~barré~~, un [lien](https://www.ars.sante.fr/a?b=1&amp;c=2) et l’été 😀 :\\
deuxième ligne

- premier
  - dedans
- second

3. trois
4. quatre

> ## Cité
>
> Paroles.

| Indicateur | Cible |
|---|---|
| Taux<br>d’occupation | **95 %** |
|  | 93,5 |

---"""

Document = Doc[XmlFragment]


def written(markdown: str) -> Document:
    document: Document = Doc(client_id=9)
    write_fragment(document, yjs.ROOT, markdown=markdown)
    return document


def nodes(parent: XmlFragment | XmlElement) -> list[object]:
    """Tag, attributes and children, or the runs of a text node."""
    found: list[object] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            found.append(child.diff())
        elif isinstance(child, XmlElement):
            found.append((child.tag, dict(child.attributes), *nodes(child)))
    return found


def tree(markdown: str) -> list[object]:
    return nodes(written(markdown).get(yjs.ROOT, type=XmlFragment))


def test_everything_a_clause_may_hold_comes_back() -> None:
    assert read_fragment(written(WHOLE), yjs.ROOT) == WHOLE


def test_what_the_platform_writes_passes_its_own_guard() -> None:
    assert inspect(written(WHOLE).get_update()).root_names == {yjs.ROOT}


def test_marks_stand_as_the_editor_writes_them() -> None:
    assert tree("é **gras** [l](https://a.fr) fin") == [
        (
            "paragraph",
            {},
            [
                ("é ", None),
                ("gras", {"bold": {}}),
                (" ", None),
                ("l", {"link": {"href": "https://a.fr"}}),
                (" fin", None),
            ],
        )
    ]


def test_a_list_item_starts_with_a_paragraph_as_the_editor_demands() -> None:
    assert tree("- - dedans") == [
        (
            "bulletList",
            {},
            (
                "listItem",
                {},
                ("paragraph", {}, []),
                ("bulletList", {}, ("listItem", {}, ("paragraph", {}, [("dedans", None)]))),
            ),
        )
    ]
    assert read_fragment(written("- - dedans"), yjs.ROOT) == "- - dedans"


def test_a_cell_holds_one_paragraph_even_when_empty() -> None:
    once = {"colspan": 1.0, "rowspan": 1.0}
    assert tree("| a |\n|---|\n|  |") == [
        (
            "table",
            {},
            ("tableRow", {}, ("tableHeader", once, ("paragraph", {}, [("a", None)]))),
            ("tableRow", {}, ("tableCell", once, ("paragraph", {}, []))),
        )
    ]


def test_an_empty_clause_is_one_empty_paragraph() -> None:
    assert tree("") == [("paragraph", {}, [])]
    assert read_fragment(written(""), yjs.ROOT) == ""


def test_two_people_who_begin_an_empty_clause_write_in_the_same_text() -> None:
    """With a text node each, the editor makes one of the two and writes some letters twice."""
    seed = written("").get_update()
    people = [Doc(), Doc()]
    for document, words in zip(people, ("Nous ", "visons"), strict=True):
        document.apply_update(seed)
        document.get(yjs.ROOT, type=XmlFragment).children[0].children[0].insert(0, words)
    people[0].apply_update(people[1].get_update())
    paragraph = people[0].get(yjs.ROOT, type=XmlFragment).children[0]
    assert len(paragraph.children) == 1
    assert read_fragment(people[0], yjs.ROOT) in ("Nous visons", "visonsNous")


def test_a_clause_never_written_reads_as_empty() -> None:
    assert read_fragment(Doc(), yjs.ROOT) == ""


def test_writing_again_replaces() -> None:
    document = written("ancien\n\ntexte")
    write_fragment(document, yjs.ROOT, markdown="nouveau")
    assert read_fragment(document, yjs.ROOT) == "nouveau"


def test_what_two_people_can_make_together_is_read_all_the_same() -> None:
    document = written("| a |\n|---|\n| b |\n\n- x")
    fragment = document.get(yjs.ROOT, type=XmlFragment)
    with document.transaction():
        cell = fragment.children[0].children[1].children[0]
        cell.children.append(XmlElement("paragraph", {}, [XmlText("c")]))
        fragment.children[0].children.append(XmlElement("tableRow"))
        del fragment.children[1].children[0].children[0]
        fragment.children.append(XmlElement("bulletList"))
        fragment.children.append(XmlElement("heading", {"level": 3}, [XmlText("t"), XmlElement("hardBreak")]))
    assert read_fragment(document, yjs.ROOT) == "| a |\n|---|\n| b<br>c |\n|  |\n\n### t"


def test_nesting_to_the_limit_is_read() -> None:
    document: Document = Doc()
    document.apply_update(yjs.nested(schema.MAX_NESTING))
    assert read_fragment(document, yjs.ROOT) == ""


def test_the_hash_is_over_the_words_in_order() -> None:
    other = f"clause:{yjs.OTHER_CLAUSE}"
    document = written("Été **gras**\\\nsuite\n\n- x")
    write_fragment(document, other, markdown="z")
    expected = hashlib.sha256("Été gras\nsuite\nx\nz\n".encode()).hexdigest()
    assert plain_text_hash(document, [other, yjs.ROOT]) == expected


@pytest.mark.parametrize("name", ["clause:", "clause:1", "values", f"clause:{yjs.CLAUSE.upper()}F", f"x{yjs.ROOT}"])
def test_only_a_clause_names_a_fragment(name: str) -> None:
    assert schema.clause_of_root(name) is None
    assert schema.clause_of_root(yjs.ROOT) == yjs.CLAUSE


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", " https://a.fr", "JaVaScRiPt:x", "data:text/html,x", "//a.fr", "/a", "https://a\nb", ""],
)
def test_no_link_leads_anywhere_but_the_web_and_the_mail(address: str) -> None:
    assert not schema.safe_link(address)
    assert schema.safe_link("HTTPS://a.fr/é?x=1#y")
    assert schema.safe_link("mailto:a@b.fr")
