"""Rights: what is another's inside doesn't exist; what one sees without the right is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from negotiation.rules.policy import (
    OPEN_TO,
    ROLES,
    Actor,
    Authentication,
    Decision,
    Method,
    Target,
    circles_of,
    decide,
    is_fresh,
)
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Action, Circle, Role, Side

NOW = datetime(2026, 7, 10, 9, 0, tzinfo=UTC)
OG_DG = Actor(
    person_id="p1",
    member_id="m1",
    party_id="og",
    negotiation_id="n1",
    side=Side.GESTIONNAIRE,
    roles=frozenset({Role.DRAFTER, Role.NEGOTIATOR}),
    key="og.dg",
    authentication=Authentication(Method.PASSWORD, NOW),
)
ARS = replace(OG_DG, person_id="p2", member_id="m2", party_id="ars", side=Side.AUTHORITY, key="ars.resp")
PARTNER = replace(OG_DG, person_id="p3", party_id="siao", side=Side.ASSOCIATE, roles=frozenset(Role))


@pytest.mark.parametrize("action", sorted(ROLES))
def test_no_action_opens_another_sides_inside(action: Action) -> None:
    everything = replace(ARS, roles=frozenset(Role))
    assert decide(everything, action, Target("n1", Circle.inside("og"))) is Decision.HIDE


@pytest.mark.parametrize("action", sorted(ROLES))
def test_the_gestionnaire_never_sees_the_authorities_among_themselves(action: Action) -> None:
    everything = replace(OG_DG, roles=frozenset(Role))
    assert decide(everything, action, Target("n1", AUTHORITIES)) is Decision.HIDE


@pytest.mark.parametrize("action", sorted(ROLES))
def test_another_negotiation_does_not_exist(action: Action) -> None:
    everything = replace(OG_DG, roles=frozenset(Role))
    assert decide(everything, action, Target("n2", SHARED)) is Decision.HIDE


def test_both_sides_have_the_same_functions() -> None:
    for action in ROLES:
        for roles in ({role} for role in Role):
            og = decide(replace(OG_DG, roles=frozenset(roles)), action, Target("n1"))
            ars = decide(replace(ARS, roles=frozenset(roles)), action, Target("n1"))
            assert og is ars


def test_only_a_negotiator_commits_the_party() -> None:
    drafter = replace(OG_DG, roles=frozenset({Role.DRAFTER}))
    for action in (Action.ACCEPT, Action.SETTLE_RESERVE, Action.REOPEN):
        assert decide(drafter, action, Target("n1")) is Decision.REFUSE
        assert decide(OG_DG, action, Target("n1")) is Decision.ALLOW


def test_an_associated_partner_comments_and_never_decides() -> None:
    assert decide(PARTNER, Action.COMMENT, Target("n1")) is Decision.ALLOW
    for action in (Action.TABLE_TEXT, Action.ACCEPT, Action.REJECT, Action.STATE_RESERVE, Action.REQUEST_FREEZE):
        assert decide(PARTNER, action, Target("n1")) is Decision.REFUSE
    assert circles_of(PARTNER) == (SHARED, Circle.inside("siao"))


def test_every_action_has_a_rule() -> None:
    assert set(Action) == set(ROLES) | set(OPEN_TO)


def test_signing_asks_for_the_password_at_that_moment() -> None:
    later = NOW + timedelta(minutes=3)
    assert not is_fresh(OG_DG, Action.SIGN, later)
    assert is_fresh(OG_DG, Action.ACCEPT, later)
    assert is_fresh(OG_DG, Action.SIGN, NOW + timedelta(seconds=30))


def test_a_link_just_opened_is_not_enough_to_sign() -> None:
    by_link = replace(OG_DG, authentication=Authentication(Method.LINK, NOW))
    assert not is_fresh(by_link, Action.SIGN, NOW)
    assert not is_fresh(by_link, Action.REQUEST_FREEZE, NOW)
    assert is_fresh(by_link, Action.ACCEPT, NOW)
