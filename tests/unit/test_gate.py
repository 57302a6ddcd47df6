"""What keeps a contract from being frozen, and what doesn't."""

from negotiation.rules.gate import AtGate, OpenReason, open_reasons
from negotiation.rules.lifecycle import Request, Situation, Tabled
from negotiation.rules.vocabulary import ClauseKind, ClauseState, RequestKind

PARTIES = frozenset({"og", "ars", "cd"})


def situation(state: ClauseState, **facts: object) -> Situation:
    return Situation(concerned=PARTIES, state=state, **facts)  # type: ignore[arg-type]


def engagement(state: ClauseState, **facts: object) -> AtGate:
    return AtGate(ClauseKind.ENGAGEMENT, situation(state, **facts))


def text(words: str, state: ClauseState, **facts: object) -> AtGate:
    return AtGate(ClauseKind.TEXT, situation(state, **facts), text=words)


def test_an_engagement_blocks_until_it_is_agreed_or_withdrawn() -> None:
    settled = {ClauseState.AGREED, ClauseState.WITHDRAWN}
    assert {state for state in ClauseState if not open_reasons(engagement(state))} == settled


def test_a_text_that_nobody_wrote_is_left_empty_and_blocks_nothing() -> None:
    assert open_reasons(text("", ClauseState.TO_WRITE)) == ()


def test_an_engagement_that_nobody_wrote_is_still_owed_an_answer() -> None:
    assert open_reasons(engagement(ClauseState.TO_WRITE)) == (OpenReason.ENGAGEMENT_NOT_AGREED,)


def test_a_working_text_blocks_as_long_as_nobody_agreed_to_it() -> None:
    assert open_reasons(text("Habilitation", ClauseState.TO_WRITE)) == (OpenReason.TEXT_NOT_AGREED,)
    assert open_reasons(text("Habilitation", ClauseState.AGREED)) == ()


def test_an_agreed_text_with_words_to_complete_is_said_and_blocks_nothing() -> None:
    agreed = text("Avis sous [deux mois]", ClauseState.AGREED)
    assert agreed.is_to_complete and not open_reasons(agreed)
    assert not text("Avis sous [deux mois]", ClauseState.TO_WRITE).is_to_complete


def test_a_value_alone_is_something_written() -> None:
    cell = AtGate(ClauseKind.TEXT, situation(ClauseState.TO_WRITE), value=0)
    assert open_reasons(cell) == (OpenReason.TEXT_NOT_AGREED,)


def test_a_text_whose_versions_were_all_taken_back_still_waits() -> None:
    assert open_reasons(text("", ClauseState.TO_WRITE, versions=2)) == (OpenReason.TEXT_NOT_AGREED,)


def test_a_version_that_one_party_has_not_accepted_blocks() -> None:
    tabled = Tabled(number=1, fingerprint="f", author="og")
    partly = engagement(ClauseState.PARTIALLY_AGREED, current=tabled, versions=1, behind=frozenset({"og", "ars"}))
    assert open_reasons(partly) == (OpenReason.ENGAGEMENT_NOT_AGREED,)


def test_an_open_reserve_blocks_even_what_is_agreed() -> None:
    reserved = engagement(ClauseState.AGREED, open_reserves=frozenset({"cd"}))
    assert open_reasons(reserved) == (OpenReason.RESERVE_OPEN,)


def test_a_reserve_on_a_withdrawn_engagement_blocks_nothing() -> None:
    assert open_reasons(engagement(ClauseState.WITHDRAWN, open_reserves=frozenset({"ars"}))) == ()


def test_a_reopening_that_waits_for_an_answer_blocks_what_was_agreed() -> None:
    asked = engagement(ClauseState.AGREED, request=Request(RequestKind.REOPENING, "ars", frozenset({"ars"})))
    assert open_reasons(asked) == (OpenReason.REQUEST_PENDING,)
