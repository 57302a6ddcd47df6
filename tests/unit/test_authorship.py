"""Who wrote it, gesture by gesture, as editors make them: what a party does around words doesn't make them its own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pycrdt import Doc, UndoManager, XmlElement, XmlFragment, XmlText

from negotiation.drafting.authorship import Provenance, Step, changed, shares, spans_of, started, word_runs
from negotiation.drafting.authorship_log import Entry, Ledger
from negotiation.drafting.markdown_bridge import write_fragment

CLAUSE = "11111111-1111-4111-8111-111111111111"
ROOT = f"clause:{CLAUSE}"
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
OG = "le gestionnaire propose une phrase entière"
ARS = "l’agence en ajoute une autre"


def a_document(client: int) -> Doc:
    return Doc(client_id=client)


class Table:
    """Two editors on one draft, and the log that both write in. Each act is one update, as a browser sends it."""

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.documents = {"og": a_document(101), "ars": a_document(202)}
        seed = a_document(2)
        write_fragment(seed, ROOT, markdown="Texte de départ.")
        self._say(None, seed.get_update())

    def act(self, party: str, gesture: Callable[[XmlFragment], None], *, after: float = 0.1) -> None:
        document = self.documents[party]
        known = document.get_state()
        with document.transaction():
            gesture(document.get(ROOT, type=XmlFragment))
        self._say(party, document.get_update(known), after=after)

    def says(self, party: str, words: str, *, after: float = 0.1) -> None:
        """A new paragraph, letter by letter."""
        self.act(party, lambda root: root.children.append(XmlElement("paragraph", {}, [XmlText("")])), after=after)
        place = len(self.documents[party].get(ROOT, type=XmlFragment).children) - 1
        for sign in words:
            self.act(party, lambda root, sign=sign: type_at_end(root, place, sign))

    def wrote(self) -> list[tuple[str | None, int]]:
        """(party, words) in a row."""
        ledger = Ledger([CLAUSE])
        ledger.read_on(self.log)
        return list(word_runs(ledger.credited(CLAUSE)))

    def _say(self, party: str | None, update: bytes, *, after: float = 0.1) -> None:
        at = self.log[-1].at + timedelta(seconds=after) if self.log else MORNING
        self.log.append(Entry(len(self.log) + 1, 1, update, party, at))
        for document in self.documents.values():
            document.apply_update(update)


def block(root: XmlFragment, number: int) -> XmlElement:
    element = root.children[number]
    assert isinstance(element, XmlElement)
    return element


def words_in(element: XmlElement) -> XmlText:
    text = element.children[0]
    assert isinstance(text, XmlText)
    return text


def type_at_end(root: XmlFragment, number: int, sign: str) -> None:
    text = words_in(block(root, number))
    text.insert(len(text), sign)


def both_write() -> Table:
    table = Table()
    table.says("og", OG)
    table.says("ars", ARS, after=5)
    assert table.wrote() == [(None, 3), ("og", 6), ("ars", 6)]
    return table


def split(root: XmlFragment) -> None:
    text = words_in(block(root, 1))
    tail = str(text)[16:]
    del text[16 : len(text)]
    root.children.insert(2, XmlElement("paragraph", {}, [XmlText(tail)]))


def join(root: XmlFragment) -> None:
    tail = str(words_in(block(root, 2)))
    del root.children[2]
    text = words_in(block(root, 1))
    text.insert(len(text), f" {tail}")


def make_heading(root: XmlFragment) -> None:
    words = str(words_in(block(root, 1)))
    del root.children[1]
    root.children.insert(1, XmlElement("heading", {"level": 2}, [XmlText(words)]))


def wrap_in_list(root: XmlFragment) -> None:
    words = [str(words_in(block(root, number))) for number in (1, 2)]
    del root.children[1:3]
    items = [XmlElement("listItem", {}, [XmlElement("paragraph", {}, [XmlText(each)])]) for each in words]
    root.children.insert(1, XmlElement("bulletList", {}, items))


def cut_and_paste(root: XmlFragment) -> None:
    words = str(words_in(block(root, 1)))
    del root.children[1]
    root.children.append(XmlElement("paragraph", {}, [XmlText(words)]))


@pytest.mark.parametrize("gesture", [split, join, make_heading, wrap_in_list])
def test_what_is_done_around_words_leaves_them_to_whoever_wrote_them(gesture: Callable[[XmlFragment], None]) -> None:
    table = both_write()
    table.act("ars", gesture, after=5)
    assert table.wrote() == [(None, 3), ("og", 6), ("ars", 6)]


def test_a_passage_moved_by_the_other_party_stays_with_its_author() -> None:
    table = both_write()
    table.act("ars", cut_and_paste)
    assert table.wrote() == [(None, 3), ("ars", 6), ("og", 6)]


def test_cutting_now_and_pasting_later_is_moving_too() -> None:
    table = both_write()
    table.act("ars", lambda root: root.children.__delitem__(1), after=5)
    table.says("og", "entre temps", after=5)
    table.act(
        "ars", lambda root: root.children.append(XmlElement("paragraph", {}, [XmlText(f"{OG}, dit-elle")])), after=60
    )
    assert shares(table.wrote()) == {None: 3, "og": 8, "ars": 7}


def test_whoever_restores_the_words_of_another_by_undo_does_not_become_their_author() -> None:
    table = both_write()
    document = table.documents["ars"]
    undo = UndoManager(scopes=[document.get(ROOT, type=XmlFragment)])
    table.act("ars", lambda root: words_in(block(root, 1)).__delitem__(slice(3, 28)))
    assert table.wrote() == [(None, 3), ("og", 3), ("ars", 6)]  # « le phrase entière »
    known = document.get_state()
    assert undo.undo()
    table._say("ars", document.get_update(known), after=5)
    assert table.wrote() == [(None, 3), ("og", 6), ("ars", 6)]


def test_both_typing_at_once_in_two_places_are_told_apart() -> None:
    table = both_write()
    for one, other in zip(" et encore ceci", " ainsi que cela", strict=True):
        table.act("og", lambda root, sign=one: type_at_end(root, 1, sign))
        table.act("ars", lambda root, sign=other: type_at_end(root, 2, sign))
    assert table.wrote() == [(None, 3), ("og", 9), ("ars", 9)]


def test_typing_inside_what_the_other_types_is_told_apart_too() -> None:
    table = Table()
    table.says("og", "deux mots")
    for sign in "trois bons ":
        table.act("ars", lambda root, sign=sign: words_in(block(root, 1)).insert(at_word(root), sign))
    assert table.wrote() == [(None, 3), ("og", 1), ("ars", 2), ("og", 1)]


def at_word(root: XmlFragment) -> int:
    return str(words_in(block(root, 1))).index("mots")


def test_correcting_a_letter_does_not_make_a_word_ours() -> None:
    said = changed(started(""), "Le taus de rectte", Step("og", MORNING))
    said = changed(said, "Le taux de recette", Step("ars", MORNING))
    assert word_runs(said.credited) == (("og", 4),)


def test_what_was_taken_out_is_remembered_with_its_author_and_with_who_took_it() -> None:
    said = changed(started("Fin."), "Un engagement ferme. Fin.", Step("og", MORNING))
    said = changed(said, "Fin.", Step("ars", MORNING + timedelta(hours=1)))
    (deletion,) = said.deletions
    assert deletion.words.text.strip() == "Un engagement ferme."
    assert {author for author, _ in deletion.words.runs} == {"og"}
    assert (deletion.by, deletion.at) == ("ars", MORNING + timedelta(hours=1))


def test_a_word_taken_out_letter_by_letter_comes_back_to_its_author() -> None:
    said = changed(started("Un accord."), "Un accord raisonnable.", Step("og", MORNING))
    for end in range(len(" raisonnable") - 1, -1, -1):
        said = changed(said, f"Un accord{' raisonnable'[:end]}.", Step("ars", MORNING))
    assert len(said.deletions) == 1
    said = changed(said, "Un accord raisonnable.", Step("ars", MORNING))
    assert word_runs(said.credited) == ((None, 2), ("og", 1))


def test_spans_are_those_of_the_text_or_nothing() -> None:
    said: Provenance = changed(started("Un accord."), "Un accord. Deux mots, puis trois.", Step("og", MORNING))
    runs = word_runs(said.credited)
    text = said.credited.text
    assert [(text[start:end], author) for start, end, author in spans_of(text, runs)] == [
        ("Un accord", None),
        ("Deux mots, puis trois", "og"),
    ]
    assert spans_of("Un autre texte que celui-là.", runs) == ()
