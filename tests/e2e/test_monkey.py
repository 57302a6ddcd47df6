"""Two parties do whatever hands can do in one text: the server refuses nothing of it, and all end with the same words.

NAVETTE_MONKEY_STEPS: gestures, hundreds by hand and in `make faults`. NAVETTE_MONKEY_SEED: that run again.
"""

import os
import random
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Enter
from tests.e2e.monkey import Monkey, markdown_on_screen, stored_text
from tests.e2e.people import Somebody

OG, ARS = "og.dg@handicap.example", "ars.resp@handicap.example"
CLAUSE = "EN06"
STEPS = int(os.environ.get("NAVETTE_MONKEY_STEPS", "40"))
SEED = int(os.environ.get("NAVETTE_MONKEY_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)


def test_nothing_that_hands_do_is_refused_and_all_end_with_the_same_words(
    enter: Enter, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    request.node.add_report_section("call", "monkey", f"NAVETTE_MONKEY_SEED={SEED} NAVETTE_MONKEY_STEPS={STEPS}")
    record_property("figures", f"monkey: {STEPS} gestures, seed {SEED}")
    draw, done = random.Random(SEED), list[str]()
    monkeys = [Monkey(enter(email), draw, done, name=email[:2]) for email in (OG, ARS)]
    for monkey in monkeys:
        monkey.somebody.open_clause(CLAUSE, "table-commune")
        expect(monkey.somebody.live_text).to_be_visible()
    away: dict[str, int] = {}
    for step in range(STEPS):
        monkey = draw.choice(monkeys)
        _network(monkey, away, step)
        monkey.act()
    for monkey in monkeys:
        monkey.somebody.page.context.set_offline(False)
    for monkey in monkeys:
        expect(monkey.somebody.clause.locator(".saved")).to_have_text(re.compile("^Enregistré($| à)"), timeout=30_000)
    try:
        _expect_well(*monkeys)
    except AssertionError as failure:
        raise AssertionError(", ".join(done)) from failure


def _expect_well(*monkeys: Monkey) -> None:
    assert [monkey.refusals + monkey.failures for monkey in monkeys] == [[], []]
    og, ars = (monkey.somebody for monkey in monkeys)
    _await_same(og, ars)
    for somebody in (og, ars):
        expect(somebody.clause.locator(".live-problem")).to_be_hidden()
        # What is said of a network that comes and goes.
        somebody.complaints.clear()


def _network(monkey: Monkey, away: dict[str, int], step: int) -> None:
    """Some lose the network, write on, and come back, now and then to a page that they had closed; others blink."""
    if away.get(monkey.name, STEPS) <= step:
        del away[monkey.name]
        closes = monkey.draw.random() < 0.3
        monkey.done.append(f"{monkey.name}:{'opens again' if closes else 'back'}")
        if closes:
            monkey.open_again()
        else:
            monkey.somebody.page.context.set_offline(False)
    elif monkey.name not in away and monkey.draw.random() < 0.08:
        monkey.somebody.page.context.set_offline(True)
        away[monkey.name] = step + monkey.draw.choice([1, 6, 15])
        monkey.done.append(f"{monkey.name}:away")


def _await_same(og: Somebody, ars: Somebody) -> None:
    for _ in range(20):
        texts = [markdown_on_screen(og), markdown_on_screen(ars), stored_text(og)]
        values = [each.clause.locator("form.propose-draft [name=value]").input_value() for each in (og, ars)]
        if len(set(texts)) == len(set(values)) == 1:
            return
        og.page.wait_for_timeout(100)
    assert texts[0] == texts[1] == texts[2]
    assert values[0] == values[1]
