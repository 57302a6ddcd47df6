"""Opening a negotiation on the screen, as somebody does who has nothing yet."""

from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.e2e.people import Somebody


@dataclass(frozen=True)
class Seated:
    """A party of the form, under the name that it has there before it is named, and the first person who sits for it.

    `rights`: the words of the boxes that are ticked, all others are not.
    """

    kind: str
    name: str
    short_name: str
    job: str
    email: str
    rights: tuple[str, ...] = ("Contact", "Écrit", "Accepte")


def fill_the_form(director: Somebody, title: str, parties: tuple[Seated, ...]) -> None:
    """Everything that a table of the template « handicap » asks for, on the page of the form."""
    page = director.page
    page.get_by_role("radio", name="Personnes handicapées").check()
    page.get_by_role("button", name="Prendre ce modèle").click()
    for label, words in (
        ("Titre", title),
        ("Début", "2027-01-01"),
        ("Signature visée", "2026-12-18"),
        ("Votre fonction", "Directrice générale"),
    ):
        page.get_by_label(label, exact=True).fill(words)
    _tick(page.get_by_role("group", name="Vous-même"), "Contact", "Écrit", "Accepte")
    for party in parties:
        _seat(page.get_by_role("group", name=party.kind, exact=True), party)


def send_the_form(director: Somebody) -> dict[str, str]:
    """{address: link of the invitation}, as the page shows them once."""
    page = director.page
    page.get_by_role("button", name="Ouvrir la table").click()
    expect(page.get_by_role("heading", name="La table est ouverte")).to_be_visible()
    shown = page.locator(".links-once li").all()
    return {line.locator("label .soft").inner_text(): line.locator("input").input_value() for line in shown}


def _seat(rows: Locator, party: Seated) -> None:
    first = rows.locator(".row-member").first
    rows.get_by_label("Nom", exact=True).fill(party.name)
    rows.get_by_label("Nom court").fill(party.short_name)
    first.get_by_label("Fonction").fill(party.job)
    first.get_by_label("Adresse e-mail").fill(party.email)
    _tick(first, *party.rights)


def _tick(boxes: Locator, *words: str) -> None:
    """These boxes and no other."""
    for box in boxes.get_by_role("checkbox").all():
        box.uncheck()
    for word in words:
        boxes.get_by_label(word).check()
