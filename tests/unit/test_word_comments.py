"""Comments in a Word file of ours: on the very words that they were made on."""

from datetime import UTC, datetime

from negotiation.documents.word_body import Note, Passage, Remark, Words
from negotiation.documents.word_file import WordFile, docx_bytes
from negotiation.documents.word_lines import Hand, Step, tracked
from negotiation.documents.word_reading import read_reviewed
from negotiation.rules.anchoring import plain_text


def test_a_comment_stands_on_its_words_whatever_is_marked_around_them() -> None:
    """Across paragraphs and in cells too, each answer below what it answers."""
    table = "| x | y |\n|---|---|\n| places | 12 |"
    before = f"Un taux de 90 % est visé.\n\n- la MAS ouvre deux places\n- le SAVS suit\n\n{table}"
    after = (
        before.replace("90", "92").replace("est visé", "est vraiment visé").replace("deux", "trois").replace("12", "14")
    )
    read, hand = plain_text(after), Hand("ARS – Inspecteur")
    quotes = ("vraiment visé", "visé.\nla MAS", "trois places", "SAVS", "14")
    notes = tuple(
        Note((Remark(hand, quote), Remark(hand, "Réponse")), place, place + len(quote))
        for quote in quotes
        for place in [read.index(quote)]
    )
    passage = Passage(tracked(before, [Step(after, hand)]), f"nv_{1:032x}", notes)
    file = docx_bytes(WordFile("Cas", (Words("Titre5", "Clause"), passage), datetime(2026, 1, 1, tzinfo=UTC)))

    comments = read_reviewed(file).comments
    assert [each.quote for each in comments] == [quote.replace("\n", " ") for quote in quotes for _ in range(2)]
    assert [bool(each.answers) for each in comments] == [False, True] * len(quotes)
