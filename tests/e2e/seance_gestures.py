"""What somebody does in the room of a séance, and what is found there."""

import re

from playwright.sync_api import Locator, expect

from tests.e2e.people import Somebody


def to_the_pane(somebody: Somebody, name: str) -> None:
    """On a phone, by keyboard."""
    press(somebody.page.get_by_role("navigation", name="La séance").get_by_role("link", name=name))


def to_the_channel(somebody: Somebody, name: str) -> None:
    somebody.page.locator("#discussion nav").get_by_role("link", name=name).click()


def press(control: Locator) -> None:
    control.focus()
    control.press("Enter")


def say(somebody: Somebody, words: str, button: str = "Envoyer", *, field: str = "#message-shared") -> None:
    somebody.page.locator(field).fill(words)
    press(somebody.page.get_by_role("button", name=button, exact=True))
    expect(somebody.page.locator(field)).to_have_value("")


def said(somebody: Somebody) -> Locator:
    """The messages of the channel that is shown, in their order."""
    return somebody.page.locator("#messages .words")


def decide(somebody: Somebody, words: str) -> None:
    somebody.page.locator("#decisions").get_by_role("button", name=re.compile(words.replace(" ", r"\s"))).click()


def decisions(somebody: Somebody) -> Locator:
    return somebody.page.locator(".minute-list, .wall-decisions")
