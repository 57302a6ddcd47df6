"""What a program of somebody's own puts into a live text, past every editor (trust T25): what is refused, no page ever
shows; what is taken is words, and nothing else."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from negotiation.drafting.schema import clause_root
from tests.builders import Table, a_table
from tests.e2e.conftest import Enter
from tests.faults.guests import Guest
from tests.faults.test_fuzzed_sockets import HurriedServer
from tests.faults.test_killed_server import SECRET

DOES = "window.__pwned=1"
SCRIPTS = (
    f"<script>{DOES}</script>",
    f"<img src=x onerror={DOES}>",
    f"<svg/onload={DOES}>",
    f"\"><iframe srcdoc='<script>parent.{DOES}</script>'>",
    f"' autofocus onfocus={DOES} x='",
    f"{{{{constructor.constructor('{DOES}')()}}}}",
    f"</textarea><script>{DOES}</script>",
    f"<a href=javascript:{DOES}>ici</a>",
    f"]]>--><style>@import'javascript:{DOES}'</style>",
    f"[ici](javascript:{DOES})",
)
UNSAFE = (
    *(
        f"{scheme}{DOES}"
        for scheme in ("javascript:", "JaVaScRiPt:", " javascript:", "java\tscript:", "vbscript:", "//")
    ),
    *(f"data:{kind},<script>{DOES}</script>" for kind in ("text/html", "image/svg+xml", "text/html;base64")),
    f"\x01javascript:{DOES}",
    f"https://a.example\n/javascript:{DOES}",
    "",
)
MARKS = ("code", "underline", "highlight", "textStyle", "comment", "suggestion", "script", "on")
NODES = ("script", "iframe", "image", "svg", "style", "object", "codeBlock", "hook", "a", "video", "math", "form")
ATTRIBUTES = ("onclick", "style", "class", "src", "href", "srcdoc", "onerror", "contenteditable", "is", "__proto__")
WATCH = """addEventListener("securitypolicyviolation", ({ violatedDirective }) => {
  window.__refused = [...(window.__refused ?? []), violatedDirective];
});"""
ALIVE = """() => [...document.querySelectorAll(".ProseMirror *, .read *, .redline *")].filter(one => {
  const isThing = /^(script|iframe|object|svg|style|img|form|video|math)$/i.test(one.localName);
  const acts = ({ name, value }) => /^(on|srcdoc)/i.test(name) || /^\\s*((java|vb)script|data):/i.test(value);
  return (isThing && !one.matches(".icon, .icon *, .ProseMirror-separator")) || [...one.attributes].some(acts);
}).map(one => one.outerHTML)"""
TOUCH = """all => {
  for (const one of all) for (const name of ["mouseover", "focus", "error", "load"]) one.dispatchEvent(new Event(name));
}"""


@dataclass(frozen=True)
class Payload:
    """A block that says its `sign`. `is_taken`: what the server should make of it."""

    sign: str
    update: bytes
    is_taken: bool


def payloads(clause_id: str) -> list[Payload]:
    found: list[Payload] = []

    def add(
        words: str = "",
        *,
        tag: str = "paragraph",
        attributes: Mapping[str, Any] | None = None,
        marks: Mapping[str, Any] | None = None,
        is_taken: bool = False,
    ) -> None:
        sign = f"charge{len(found):03}."
        document: Doc[Any] = Doc(client_id=1000 + len(found))
        text = XmlText()
        blocks = document.get(clause_root(clause_id), type=XmlFragment).children
        blocks.append(XmlElement(tag, dict(attributes or {}), [text]))
        text.insert(0, sign + words, marks)
        found.append(Payload(sign, document.get_update(), is_taken))

    for script, marks in product(SCRIPTS, ({}, {"bold": {}}, {"link": {"href": "https://a.example/"}})):
        add(script, marks=marks, is_taken=True)
    for script in SCRIPTS:
        add(marks={"link": {"href": f"https://a.example/{script}"}}, is_taken=True)
        add(marks={"link": {"href": f"mailto:a@b.example?subject={script}"}}, is_taken=True)
        for name in ("title", "class", "rel", "target", "onclick"):
            add(marks={"link": {"href": "https://a.example/", name: script}})
    for address, more in product(UNSAFE, ({}, {"bold": {}}, {"italic": {}})):
        add(marks={"link": {"href": address}, **more})
    for name, value in product(MARKS, ({}, {"style": f"background:url(javascript:{DOES})"})):
        add(marks={name: value})
    for tag, script in product(NODES, SCRIPTS[:2]):
        add(tag=tag, attributes={"src": f"javascript:{DOES}", "srcdoc": script, "href": f"javascript:{DOES}"})
    for name, tag in product(ATTRIBUTES, ("paragraph", "heading", "blockquote")):
        add(tag=tag, attributes={name: DOES})
    return found


@pytest.fixture
def served(tmp_path: Path, migrated_sqlite: Path) -> Iterator[tuple[HurriedServer, Table]]:
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    server = HurriedServer(tmp_path, SECRET_KEY=SECRET, DEMONSTRATIONS="false")
    table = a_table(server.store)
    yield server.start(), table  # type: ignore[misc]
    server.kill()
    assert server.failures() == []


def expect_inert(page: Page) -> None:
    page.locator(".ProseMirror *, .read *").evaluate_all(TOUCH)
    assert page.evaluate(ALIVE) == []
    assert page.evaluate("[window.__pwned, window.__refused]") == [None, None]


def test_what_is_refused_never_shows_and_what_is_taken_does_nothing(
    enter: Enter, served: tuple[HurriedServer, Table]
) -> None:
    server, table = served
    mallory = Guest.enter(server, SECRET, table, "cd.dg")
    og = enter(table.og.dg.email, server=server)
    og.page.add_init_script(WATCH)
    og.page.goto(f"/clauses/{mallory.clause_id}/table-commune")
    expect(og.live_text).to_be_visible()

    tried = payloads(mallory.clause_id)
    answers = {each.sign: mallory.push(each.update) for each in tried}
    taken = {sign for sign, answer in answers.items() if answer["ok"]}
    assert len(tried) > 200
    assert taken == {each.sign for each in tried if each.is_taken}

    expect(og.live_text).to_contain_text(max(taken))
    for _ in range(2):  # live, then as the server writes it and the editor opens it
        shown = og.live_text.inner_text()
        assert {each.sign for each in tried if each.sign in shown} == taken
        assert all(script in shown for script in SCRIPTS)
        expect_inert(og.page)
        og.page.reload()
        expect(og.live_text).to_contain_text(max(taken))
    og.page.goto(f"/clauses/{mallory.clause_id}/choisir?brouillon=commune")
    expect(og.page.locator("main")).to_contain_text(max(taken))
    expect_inert(og.page)
