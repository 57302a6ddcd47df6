"""The text from which others were written is one, whoever compares them."""

from negotiation.rules.starting_text import answered_by, common_start

COUNTERED = {1: None, 2: 1, 3: 2}
COMPETING = {1: None, 2: None, 3: 1}


def test_a_counter_proposal_starts_from_what_it_answers() -> None:
    assert answered_by(3, COUNTERED) == (2, 1)
    assert common_start([3], COUNTERED) == 2


def test_texts_that_compete_start_from_what_both_answer_and_from_neither() -> None:
    assert common_start([1, 2], COMPETING) is None
    assert common_start([2, 3], {1: None, 2: 1, 3: 1}) == 1
    assert common_start([3, 4, 5], {1: None, 2: 1, 3: 1, 4: 2, 5: 2}) == 1


def test_a_line_that_turns_upon_itself_ends() -> None:
    assert answered_by(1, {1: 2, 2: 1}) == (2, 1)
