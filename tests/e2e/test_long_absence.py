"""Hours without a network in a browser: all that was typed there is merged, or given back whole (trust P8).

`NAVETTE_OFFLINE_KEYS` keys, 60 unless told otherwise; `make faults` asks for 2 000.
"""

import os
import re

from playwright.sync_api import expect

from tests.e2e.conftest import Enter
from tests.e2e.monkey import markdown_on_screen, stored_text
from tests.e2e.people import Somebody
from tests.e2e.serving import RunningServer
from tests.e2e.test_offline import agree, come_back, expect_given_back, forget_the_network, go_offline, table_of

KEYS = int(os.environ.get("NAVETTE_OFFLINE_KEYS", "60"))
PATIENCE_MS = 60_000
OG, ARS = "og.dg@handicap.example", "ars.resp@handicap.example"


def typed_in_the_train(somebody: Somebody, mark: str) -> str:
    """So many keys, each an edit of its own; the words they make."""
    words = "".join(f"{mark}{number:03} " for number in range(KEYS // 5)).strip()
    somebody.live_text.click()
    somebody.page.keyboard.press("Control+End")
    somebody.page.keyboard.type(words)
    expect(somebody.clause.locator(".saved")).to_have_text(re.compile(r"^Hors ligne\s: [\d\s]+modifications gardées"))
    return words


def test_hours_of_typing_without_a_network_are_merged_or_given_back_whole(enter: Enter, served: RunningServer) -> None:
    og, ars = enter(OG), enter(ARS)
    for somebody in (og, ars):
        somebody.open_clause("EN13", "table-commune")
    expect(ars.live_text).to_be_visible()
    go_offline(og)
    words = typed_in_the_train(og, "t")
    ars.live_text.click()
    ars.page.keyboard.press("Control+Home")
    ars.page.keyboard.type("Pendant ce temps : ")
    ars.expect_saved()
    come_back(og)
    for somebody in (og, ars):
        expect(somebody.live_text).to_contain_text(words, timeout=PATIENCE_MS)
        somebody.expect_saved()
    assert words in stored_text(og)
    assert markdown_on_screen(og) == markdown_on_screen(ars) == stored_text(og)

    go_offline(og)
    late = typed_in_the_train(og, "u")
    agree(table_of(served), "Le texte convenu.")
    come_back(og)
    expect_given_back(og, late, "Cette clause est accordée")
    assert late not in stored_text(ars)
    forget_the_network(og, ars)
