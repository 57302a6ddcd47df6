"""Who waited for whom, in which phase, and on which page a step stands."""

from datetime import date

from negotiation.rules.navette import PhaseClock, Response, Step, delays, leaf, page_of, responses
from negotiation.rules.vocabulary import Circle, Move, Phase
from tests.unit.moments import moment


def step(number: int, move: Move, party: str, day: int, version: int | None = None, **more: object) -> Step:
    return Step(f"m{number}", move, party, moment(day), version=version, **more)  # type: ignore[arg-type]


def told(*answers: Response) -> list[tuple[str, str, int]]:
    return [(each.waiting, each.answering, each.days) for each in answers]


def test_each_party_answers_the_text_that_stands_once() -> None:
    steps = [
        step(1, Move.PROPOSAL, "ars", 1, 1),
        step(2, Move.COUNTER_PROPOSAL, "og", 6, 2),
        step(3, Move.RESERVE, "ars", 8, 2),
        step(4, Move.ACCEPTANCE, "cd", 9, 2),
        step(5, Move.ACCEPTANCE, "ars", 20, 2),
    ]
    assert told(*responses(steps)) == [("ars", "og", 5), ("og", "ars", 2), ("og", "cd", 3)]


def test_a_text_taken_back_waits_for_nobody() -> None:
    steps = [
        step(1, Move.PROPOSAL, "ars", 1, 1),
        step(2, Move.WITHDRAWAL, "ars", 3, 1),
        step(3, Move.PROPOSAL, "og", 9, 2),
        step(4, Move.ACCEPTANCE, "ars", 9, 2),
    ]
    assert told(*responses(steps)) == [("og", "ars", 0)]


def test_a_question_is_answered_by_another_party() -> None:
    steps = [
        step(1, Move.QUESTION, "ars", 1),
        step(2, Move.QUESTION, "og", 2),
        step(3, Move.ANSWER, "og", 4, reply_to="m1"),
        step(4, Move.ANSWER, "ars", 5, reply_to="elsewhere"),
    ]
    assert told(*responses(steps)) == [("ars", "og", 3), ("og", "ars", 3)]


def test_a_request_is_answered_by_consent_or_refusal() -> None:
    steps = [
        step(1, Move.REOPENING, "og", 1, 1),
        step(2, Move.REOPENING_CONSENT, "ars", 3, 1),
        step(3, Move.REQUEST_REFUSAL, "cd", 5, 1),
        step(4, Move.REOPENING_CONSENT, "cd", 6, 1),
    ]
    assert told(*responses(steps)) == [("og", "ars", 2), ("og", "cd", 4)]


def test_what_is_internal_changes_no_delay() -> None:
    shared = [step(1, Move.PROPOSAL, "ars", 1, 1), step(3, Move.ACCEPTANCE, "og", 4, 1)]
    inside = step(2, Move.QUESTION, "og", 2, circle=Circle.inside("og"))
    assert responses([shared[0], inside, shared[1]]) == responses(shared)


def test_the_delay_of_a_party_is_its_median_and_its_longest() -> None:
    answers = [Response("ars", "og", "a", "b", days) for days in (1, 4, 9)] + [Response("og", "ars", "a", "b", 2)]
    found = delays(answers)["og"]
    assert (found.answers, found.median, found.longest) == (3, 4, 9)


def test_the_phase_is_what_the_parties_said_or_what_the_calendar_of_the_file_says() -> None:
    said = PhaseClock(Phase.SIGNATURE, changes=[(moment(5), Phase.CADRAGE, Phase.NEGOTIATION)])
    assert said.phase_of(step(1, Move.COMMENT, "og", 4)) is Phase.CADRAGE
    assert said.phase_of(step(1, Move.COMMENT, "og", 6)) is Phase.NEGOTIATION
    calendar = [(date(2026, 1, 1), Phase.DIAGNOSTIC), (date(2026, 3, 10), Phase.EVALUATION)]
    file = PhaseClock(Phase.EVALUATION, calendar=calendar, signed_on=date(2026, 3, 20))
    assert file.phase_of(step(1, Move.COMMENT, "og", 2, is_declared=True)) is Phase.NEGOTIATION
    assert file.phase_of(step(1, Move.COMMENT, "og", 10, is_declared=True)) is Phase.SIGNATURE
    assert file.phase_of(step(1, Move.COMMENT, "og", 20, is_declared=True)) is Phase.FOLLOW_UP


def test_no_step_is_lost_between_pages() -> None:
    steps = [step(number, Move.COMMENT, "og", 1) for number in range(501)]
    pages, number = [], 0
    while number is not None:
        shown = leaf(steps, number, size=20)
        assert all(page_of(steps, each.id, size=20) == number for each in shown.steps)
        pages.append(shown.steps)
        number = shown.older
    assert [each for page in reversed(pages) for each in page] == steps
    assert leaf(steps, 26, size=20).steps == ()
    assert page_of(steps, "unknown", size=20) is None
