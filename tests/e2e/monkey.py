"""A monkey at the editor: what hands do to a text, drawn at random, through the keyboard and the tools of the page."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import WebSocket, expect
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from negotiation.drafting.markdown_bridge import read_fragment
from negotiation.rules.vocabulary import SHARED
from negotiation.services.drafted import Drafted
from negotiation.services.drafting import drafted_clauses
from tests.e2e.people import CLIPBOARDS, Somebody

PLACE = """(text, [share, offset, length]) => {
  const { editor } = text;
  const blocks = [];
  editor.state.doc.descendants((node, at) => { if (node.isTextblock) blocks.push([at + 1, node.content.size]); });
  const [start, size] = blocks[Math.floor(share * blocks.length)];
  const from = start + Math.round(offset * size);
  const to = Math.min(start + size, from + length);
  editor.chain().focus().setTextSelection({ from, to }).run();
}"""
DOCUMENT = "text => text.editor.getJSON()"
WORDS = re.findall(r"\S+", "l’ARS deux places 840 000 € accompagnement été. Département, « bon » œuvre 😀 ; (hors) !")
ADDRESSES = ("https://www.legifrance.gouv.fr/", "contact@orlinde.example", "http://exemple.fr/?a=1&b=«»")
STYLES = ("Control+b", "Control+i", "Control+Shift+s")
BLOCKS = ("Control+Shift+l", "Control+Shift+7", "Control+Shift+b", "Control+Shift+n", "Alt+Shift+ArrowRight")
TABLE_TOOLS = ("+ ligne", "− ligne", "+ colonne", "− colonne", "+ ligne", "+ colonne", "Supprimer le tableau")
VALUES = ("4", "5", "12,5", "", "1 200")


@dataclass
class Monkey:
    """One browser, and what it was refused. `draw` is everybody's: the seed tells the whole run."""

    somebody: Somebody
    draw: random.Random
    done: list[str]
    refusals: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Errors that no script of the page caught."""
    name: str = ""

    def __post_init__(self) -> None:
        self._listen()

    def open_again(self) -> None:
        """The page is closed as it is, and opened where the network is."""
        left = self.somebody.page
        self.somebody = self.somebody.another_tab()
        self._listen()
        left.close()
        self.somebody.page.context.set_offline(False)
        self.somebody.page.goto(left.url)
        expect(self.somebody.live_text).to_be_visible()

    def act(self) -> None:
        name = self.draw.choices(list(GESTURES), [weight for weight, _ in GESTURES.values()])[0]
        self.done.append(f"{self.name}:{name}")
        GESTURES[name][1](self)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.somebody.page.keyboard.press(key)

    def place(self, most: int = 0) -> None:
        """The caret somewhere in the text; with `most`, so many characters selected at most."""
        place = [self.draw.random(), self.draw.choice([0, 1, self.draw.random()]), self.draw.randint(0, most)]
        self.somebody.live_text.evaluate(PLACE, place)

    def stay(self) -> None:
        """Back to the text, where a click or Tab led elsewhere: letters in a number’s field would stay there alone."""
        if not self.somebody.live_text.evaluate("text => text.contains(document.activeElement)"):
            self.place()

    def words(self, most: int = 4) -> str:
        return " ".join(self.draw.choices(WORDS, k=self.draw.randint(1, most))) + self.draw.choice(["", " "])

    def tool(self, name: str) -> None:
        """Whether it can be used just now or not: a finger doesn't ask."""
        self.somebody.clause.locator(".tools").get_by_text(name, exact=True).dispatch_event("click")

    def _listen(self) -> None:
        self.somebody.page.on("websocket", self._follow)
        self.somebody.page.on("pageerror", lambda error: self.failures.append(f"{self.done[-1]} {error.stack}"))

    def _follow(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._hear)

    def _hear(self, payload: str | bytes) -> None:
        said = payload if isinstance(payload, str) else payload.decode(errors="replace")
        if '"ok":false' in said:
            self.refusals.append(said)


def _type(monkey: Monkey) -> None:
    monkey.place(most=monkey.draw.choice([0, 0, 6]))
    monkey.somebody.page.keyboard.type(monkey.words())


def _go_on(monkey: Monkey) -> None:
    monkey.stay()
    monkey.somebody.page.keyboard.type(monkey.words())


def _compose(monkey: Monkey) -> None:
    """What a keyboard of another country, a pen or a voice gives at once."""
    monkey.place()
    monkey.somebody.page.keyboard.insert_text(monkey.words())


def _delete(monkey: Monkey) -> None:
    monkey.place(most=monkey.draw.choice([0, 12, 60]))
    key = monkey.draw.choice(["Delete", "Backspace", "Control+Backspace", "Control+Delete"])
    monkey.press(*[key] * monkey.draw.randint(1, 3))


def _split(monkey: Monkey) -> None:
    monkey.place()
    monkey.press(*[monkey.draw.choice(["Enter", "Enter", "Shift+Enter"])] * monkey.draw.randint(1, 2))


def _join(monkey: Monkey) -> None:
    monkey.place()
    monkey.press(*monkey.draw.choice([("Home", "Backspace"), ("End", "Delete"), ("Home", "Backspace", "Backspace")]))


def _style(monkey: Monkey) -> None:
    monkey.place(most=20)
    monkey.press(monkey.draw.choice(STYLES))


def _block(monkey: Monkey) -> None:
    monkey.place(most=monkey.draw.choice([0, 80]))
    monkey.press(monkey.draw.choice(BLOCKS))


def _title(monkey: Monkey) -> None:
    monkey.place()
    monkey.press(f"Control+Alt+{monkey.draw.randint(1, 4)}")


def _indent(monkey: Monkey) -> None:
    monkey.place()
    monkey.press(monkey.draw.choice(["Tab", "Tab", "Shift+Tab"]))


def _across(monkey: Monkey) -> None:
    """A selection over several blocks, typed over or deleted."""
    monkey.place()
    monkey.press(*["Shift+ArrowDown"] * monkey.draw.randint(1, 3))
    monkey.press(monkey.draw.choice(["x", "Delete", "Enter", "Control+Shift+l", "Control+b"]))


def _table(monkey: Monkey) -> None:
    monkey.place()
    monkey.tool("Tableau")


def _in_table(monkey: Monkey) -> None:
    cell = monkey.somebody.live_text.locator("td, th")
    if count := cell.count():
        cell.nth(monkey.draw.randrange(count)).click(force=True)
        monkey.stay()
        monkey.somebody.page.keyboard.type(monkey.words(2))
        monkey.tool(monkey.draw.choice(TABLE_TOOLS))


def _link(monkey: Monkey) -> None:
    monkey.place(most=10)
    monkey.press("Control+k")
    monkey.somebody.page.keyboard.type(monkey.draw.choice(ADDRESSES))
    monkey.press("Enter", "Escape")


def _paste(monkey: Monkey) -> None:
    monkey.place(most=10)
    copied = monkey.draw.choice(sorted(CLIPBOARDS.glob("*.html")))
    monkey.somebody.paste(copied.read_text(encoding="utf-8"))


def _move_text(monkey: Monkey) -> None:
    monkey.place(most=40)
    monkey.press("Control+x")
    monkey.place()
    monkey.press("Control+v")


def _undo(monkey: Monkey) -> None:
    monkey.press(*["Control+z"] * monkey.draw.randint(1, 4))


def _redo(monkey: Monkey) -> None:
    monkey.press(*["Control+y"] * monkey.draw.randint(1, 3))


def _take_back(monkey: Monkey) -> None:
    """A change of the redline, put as it was."""
    monkey.place()
    monkey.press("F8", "Control+F8")


def _find(monkey: Monkey) -> None:
    monkey.place()
    monkey.press("Control+f")
    monkey.somebody.page.keyboard.type("places")
    monkey.press("Enter", "Escape")
    monkey.somebody.page.keyboard.type("lits ")


def _clear(monkey: Monkey) -> None:
    """Everything, sometimes: what follows is written from nothing."""
    monkey.place()
    monkey.press("Control+a", "Delete")


def _value(monkey: Monkey) -> None:
    monkey.somebody.clause.locator("form.propose-draft [name=value]").fill(monkey.draw.choice(VALUES))
    # Back to the text: letters typed on in the field are no number, and would stay there alone.
    monkey.place()


GESTURES: dict[str, tuple[int, Callable[[Monkey], None]]] = {
    "type": (12, _type),
    "go on": (8, _go_on),
    "compose": (3, _compose),
    "delete": (7, _delete),
    "split": (7, _split),
    "join": (6, _join),
    "style": (5, _style),
    "block": (7, _block),
    "title": (3, _title),
    "indent": (5, _indent),
    "across": (4, _across),
    "table": (2, _table),
    "in table": (5, _in_table),
    "link": (2, _link),
    "paste": (2, _paste),
    "move text": (3, _move_text),
    "undo": (5, _undo),
    "redo": (3, _redo),
    "take back": (2, _take_back),
    "find": (1, _find),
    "clear": (1, _clear),
    "value": (3, _value),
}


def stored(somebody: Somebody) -> Drafted:
    """The open clause in the table commune's draft, as the server has it."""
    draft = somebody.clause.locator(".live-draft")
    part_id, clause_id = draft.get_attribute("data-draft-part"), draft.get_attribute("data-clause")
    with somebody.server.store.reading() as session:
        return drafted_clauses(session, str(part_id), circle=SHARED)[str(clause_id)]


def stored_text(somebody: Somebody) -> str:
    return stored(somebody).text


def markdown_on_screen(somebody: Somebody) -> str:
    """What the editor holds, in the Markdown that the server would make of it."""
    shown: dict[str, Any] = somebody.live_text.evaluate(DOCUMENT)
    document: Doc[Any] = Doc()
    fragment = document.get("shown", type=XmlFragment)
    for node in shown["content"]:
        _put(fragment, node)
    return read_fragment(document, "shown")


def _put(parent: XmlFragment | XmlElement, node: dict[str, Any]) -> None:
    given = {name: value for name, value in node.get("attrs", {}).items() if name in ("level", "start")}
    element = XmlElement(node["type"])
    parent.children.append(element)
    for name, value in given.items():
        element.attributes[name] = value
    written = 0
    for child in node.get("content", ()):
        if child["type"] == "text":
            written = _write(element, child, after=written)
        else:
            _put(element, child)
            written = 0


def _write(element: XmlElement, run: dict[str, Any], *, after: int) -> int:
    """`after`: bytes of the text node that the element ends with, 0 when it ends with none. Returns what it is now."""
    if not after:
        element.children.append(XmlText())
    text = element.children[len(element.children) - 1]
    assert isinstance(text, XmlText)
    marks = {mark["type"]: _mark(mark) for mark in run.get("marks", ())}
    text.insert(after, run["text"], marks)
    return after + len(run["text"].encode())


def _mark(mark: dict[str, Any]) -> dict[str, str]:
    return {"href": mark["attrs"]["href"]} if mark["type"] == "link" else {}
