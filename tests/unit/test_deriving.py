"""What could not be worked out of the past is left alone for a while, then tried again."""

from negotiation.services.deriving import SECONDS_BETWEEN_TRIES, Failing, Failure, Found, What


def test_what_failed_is_tried_again_later_and_later() -> None:
    now = 0.0
    trying = Failing(clock=lambda: now)
    failed = Found({}, {}, (Failure(What.SUMMARY, "c1", "ValueError at glance.py:1"),))
    trying.learn(failed)
    assert trying.left_out()[What.SUMMARY] == ["c1"]
    now = SECONDS_BETWEEN_TRIES
    assert trying.left_out()[What.SUMMARY] == []
    trying.learn(failed)
    now += SECONDS_BETWEEN_TRIES
    assert trying.left_out()[What.SUMMARY] == ["c1"]
    now += SECONDS_BETWEEN_TRIES
    trying.learn(Found({}, {"c1": (1, {})}))
    assert not trying.clauses(What.SUMMARY)
