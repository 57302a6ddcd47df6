"""The gel of a contract of forty pages with its seal, a signature behind it, and what recognises the file."""

import os
import re
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from bench.measuring import table, timed
from bench.pages import fresh_database
from negotiation.documents.pdf_attachments import fingerprints_within
from negotiation.documents.pdf_print import fingerprint_of, print_contract
from negotiation.documents.pdf_signatures import examine, fill, seal
from negotiation.documents.platform_keys import draw_keys
from negotiation.services.freezing import render_contract, with_seal
from negotiation.services.recognising import look_at
from negotiation.services.sealing import Platform
from negotiation.store import connect_store
from tests.builders import a_table
from tests.closing_table import agree_everything, ask, closing_scenario
from tests.long_files import long_content, sentences
from tests.scenarios import Json

GEL_SECONDS, VERIFY_SECONDS = 5.0, 1.0
"""Issue 7: gel and seal, and a quick verification, in less than that."""
ROUNDS = 3
PAGES = 40
CLAUSES, WORDS_A_CLAUSE = 76, 150
"""Of a contract that prints to some forty pages."""
SIGNATORIES = [f"Signature {number}" for number in range(1, 5)]


def run() -> None:
    content, keys = long_content(PAGES), draw_keys(name="mesure", at=datetime.now(UTC))
    fingerprint = fingerprint_of(content)

    def printed() -> bytes:
        return print_contract(content, fingerprint=fingerprint, label="v1.0", kind="frozen")

    pdf = printed()
    pages = len(re.findall(rb"/Type ?/Page\b", pdf))
    blocks = dict.fromkeys(SIGNATORIES, content["parties"][0]["letter"])
    put = seal(pdf, keys=keys, fields=SIGNATORIES, blocks=blocks, reason="mesure")
    sealed = pdf + put.increment
    printing = _median_ms(printed)
    sealing = _median_ms(lambda: seal(pdf, keys=keys, fields=SIGNATORIES, blocks=blocks, reason="mesure"))
    signing = _median_ms(
        lambda: fill(sealed, keys=keys, field="Signature 1", name="m", reason="m", stamp=["Présidente", "pour l’essai"])
    )
    examining = _median_ms(lambda: examine(sealed))
    looking = _median_ms(lambda: (look_at(sealed), fingerprints_within(sealed)))
    table(
        f"Seal of a contract of {pages} pages, {len(sealed) // 1024} KB",
        ["act", "processor ms"],
        [
            ["print the contract", printing],
            ["seal it (a process of its own)", sealing],
            ["draw and sign a field (two processes)", signing],
            ["examine a file brought back", examining],
            ["recognise a dropped file", looking],
        ],
        note=f"Asked: gel and seal in {GEL_SECONDS:.0f} s, a quick verification in {VERIFY_SECONDS:.0f} s.",
    )
    _gel(Platform(keys))
    assert (printing + sealing) / 1000 < GEL_SECONDS, f"{printing + sealing:.0f} ms to print and seal"
    assert looking / 1000 < VERIFY_SECONDS, f"{looking:.0f} ms to recognise a file"


def _gel(platform: Platform) -> None:
    """The last party asks: what its request does, from the text on the screen to the frozen version."""
    with fresh_database() as url:
        held = a_table(connect_store(url), _long_scenario())
        agree_everything(held)
        for person in (held.og.dg, held.ars.dg):
            ask(person)
        person = held.cd.sign
        with timed() as clock:
            with held.store.reading() as session:
                rendered = render_contract(session, person.actor, platform=platform)
            ask(person, with_seal(rendered, platform))
        pages = len(re.findall(rb"/Type ?/Page\b", rendered.pdf))
        what = "read, print, seal, then freeze with the history and its signed head in one transaction"
        table(
            f"Gel of {pages} pages by the last party",
            ["act", "wall, ms"],
            [[what, clock.seconds * 1000]],
            note=f"Asked: {GEL_SECONDS:.0f} s.",
        )


def _long_scenario() -> Json:
    random, content = Random(PAGES), closing_scenario()
    article = content["clauses"][0]
    content["clauses"] = [article] + [
        article
        | {"id": f"k{number}", "number": str(number), "title": f"Article {number}"}
        | {"markdown": sentences(random, WORDS_A_CLAUSE)}
        for number in range(2, CLAUSES)
    ]
    return content


def _median_ms(act: Callable[[], object]) -> float:
    """Of the processor's time, that of the processes apart included: what else runs changes it little."""
    found = []
    for _ in range(ROUNDS):
        before = os.times()
        act()
        found.append(1000 * sum(after - start for after, start in zip(os.times()[:4], before[:4], strict=True)))
    return statistics.median(found)
