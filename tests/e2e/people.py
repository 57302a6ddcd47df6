"""Somebody in front of a browser: what they do, in the words of the pages, and what their browser complained of."""

import os
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, expect
from sqlmodel import col, select

from negotiation.rules.policy import Method
from negotiation.services.signing_in import open_session
from negotiation.store import Announcing
from negotiation.store.contract import Clause, Negotiation
from negotiation.store.people import Member, Person
from tests.e2e.serving import RunningServer

DESK = {"width": 1280, "height": 900}
PASSWORD = "une phrase assez longue"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "img"
CLIPBOARDS = Path(__file__).resolve().parents[1] / "corpus" / "clipboard"
PASTE = """(text, html) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  text.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
# Chromium writes this for any page or fragment that is a refusal: tests look at the page itself.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
TABS = {
    "accorde": "Texte accordé",
    "proposition": "Proposition en cours",
    "table-commune": "Table commune",
    "brouillon": "Notre brouillon",
    "entre-autorites": "Entre autorités",
}


def a_browser(chromium: Browser, server: RunningServer, **wanted: Any) -> Page:
    """A page of a browser of its own. `wanted`: what Playwright calls context options."""
    options: dict[str, Any] = {"viewport": DESK, "locale": "fr-FR", "timezone_id": "Europe/Paris"}
    page = chromium.new_context(**options | {"base_url": server.address} | wanted).new_page()
    page.set_default_timeout(10_000)
    return page


class Somebody:
    """One person, one browser."""

    def __init__(self, page: Page, server: RunningServer) -> None:
        self.page = page
        self.server = server
        self.complaints: list[str] = []
        self._email = ""
        self._listen(page)

    # ------------------------------------------------------------------ coming in

    def arrive(self, email: str) -> None:
        """Signed in since this morning, on the page of their tables."""
        with self.server.store.unit_of_work(Announcing.SILENT) as uow:
            person = uow.session.execute(select(Person).where(col(Person.email) == email)).scalar_one()
            session = open_session(uow, person.id, method=Method.LINK)
        cookie = {"name": "navette", "value": session.token, "url": self.server.address, "httpOnly": True}
        self.page.context.add_cookies([cookie])  # type: ignore[list-item]
        self._email = email
        self.page.goto("/")

    def sign_in(self, email: str) -> None:
        self.follow(self.server.link_for(email))
        self._email = email

    def follow(self, link: str) -> None:
        """Open a single-use link, and use it."""
        self.page.goto(link)
        self.page.get_by_role("button", name="Entrer").click()
        self.page.wait_for_url(f"{self.server.address}/")

    def leave(self) -> None:
        self.page.get_by_role("button", name="Quitter").click()

    def another_tab(self) -> "Somebody":
        """The same person in another tab of the same browser; its complaints are told with the first one's."""
        other = Somebody(self.page.context.new_page(), self.server)
        other.complaints, other._email = self.complaints, self._email
        return other

    # ------------------------------------------------------------------ going about

    def open_table(self, title: str) -> None:
        self.page.goto("/")
        self.page.get_by_role("link", name=title).click()

    def walk_to_clause(self, code: str, tab: str = "", *, title: str = "CPOM") -> None:
        """From page to page, as people do who keep no address."""
        self.open_table(title)
        self.page.locator("table.board").get_by_role("link", name=code).click()
        expect(self.clause).to_be_visible()
        if tab:
            self.open_tab(tab)

    def open_clause(self, code: str, tab: str = "", *, title: str = "CPOM") -> None:
        """By its address."""
        self.page.goto(f"/clauses/{self._clause_id(code, title)}{'/' if tab else ''}{tab}")
        expect(self.clause).to_be_visible()
        if tab:
            expect(self.clause.locator(".tabbar [aria-current=page]")).to_contain_text(TABS[tab])

    def _clause_id(self, code: str, title: str) -> str:
        """Of the negotiation with these words in its title at which this person sits."""
        with self.server.store.reading() as session:
            query = (
                select(col(Clause.id))
                .join(Negotiation, col(Negotiation.id) == Clause.negotiation_id)
                .join(Member, col(Member.negotiation_id) == Negotiation.id)
                .join(Person, col(Person.id) == Member.person_id)
                .where(col(Person.email) == self._email, col(Negotiation.title).contains(title), Clause.code == code)
            )
            return session.execute(query).scalar_one()

    def open_tab(self, tab: str) -> None:
        self.clause.get_by_role("link", name=TABS[tab]).click()
        expect(self.clause.locator(".tabbar [aria-current=page]")).to_contain_text(TABS[tab])

    @property
    def sheet(self) -> Locator:
        """The page of the contract itself, without its plan and margin."""
        return self.page.locator("article.sheet")

    @property
    def clause(self) -> Locator:
        """The open clause."""
        return self.page.locator("section.clause.open")

    @property
    def rail(self) -> Locator:
        return self.page.locator("#marge")

    # ------------------------------------------------------------------ writing together

    @property
    def live_text(self) -> Locator:
        return self.clause.locator(".ProseMirror")

    def write(self, words: str) -> None:
        """At the end of the live text."""
        self.live_text.click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(words)

    def insert(self, words: str) -> None:
        """The same, all at once."""
        self.live_text.click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.insert_text(words)

    def paste(self, html: str) -> None:
        """In the live text, where the caret is."""
        self.live_text.evaluate(PASTE, html)

    def expect_saved(self) -> None:
        expect(self.clause.locator(".saved")).to_have_text(re.compile(r"^Enregistré"))

    def add(self, title: str) -> None:
        """What the form at the screen adds to the contract, under this title."""
        self.page.get_by_label("Intitulé").fill(title)
        self.page.get_by_role("button", name="Ajouter", exact=True).click()
        expect(self.sheet).to_contain_text(title)

    # ------------------------------------------------------------------ moves

    def propose_the_draft(self, *, motive: str = "", common: str = "") -> None:
        """In a party's name, or with `common` in the name of the table commune."""
        form = self.clause.locator("form.propose-draft")
        if motive:
            form.get_by_label("Motif").fill(motive)
        form.locator(f"button[value={'table_commune' if common else 'party'}]").click()

    def counter(self, text: str, motive: str, *, value: str = "") -> None:
        form = self.open_form("Contre-proposer")
        form.get_by_label("Texte proposé").fill(text)
        if value:
            form.get_by_label("Valeur").fill(value)
        form.get_by_label("Motif").fill(motive)
        form.get_by_role("button", name="Envoyer la contre-proposition").click()

    def accept(self, version: int) -> None:
        self.clause.get_by_role("button", name=f"Accepter la version {version}").click()

    def open_form(self, words: str) -> Locator:
        """A move that asks for words: its form, unfolded."""
        form = self.clause.locator("details.move-form").filter(has=self.page.locator("summary", has_text=words)).first
        form.locator("summary").click()
        return form

    def comment(self, text: str, *, readers: str = "Écrire à toutes les parties") -> None:
        box = self.rail.locator("details.write").filter(has_text=readers)
        box.locator("> summary").click()
        box.get_by_label("Votre commentaire").fill(text)
        box.get_by_role("button", name=re.compile("^(Envoyer|Commenter|Écrire)")).click()

    def confirm(self, password: str = PASSWORD) -> None:
        """Say again who one is, for the first time or not, and let the act go on."""
        self.give_password(password)
        self.page.get_by_role("button", name="Continuer").click()

    def give_password(self, password: str = PASSWORD) -> None:
        """As far as the page that lets the act go on."""
        page = self.page
        page.get_by_label("Mot de passe", exact=True).fill(password)
        again = page.get_by_label("Le même, une seconde fois")
        if again.count():
            again.fill(password)
        page.get_by_role("button", name="continuer").click()
        page.get_by_role("heading", name="C’est bien vous").wait_for()

    def stop_following(self) -> None:
        """Keep this screen as it is: somebody went for coffee and reads again what was there."""
        followed = self.page.locator("[data-refresh-url]")
        followed.evaluate_all("all => all.forEach(one => one.removeAttribute('data-refresh-url'))")

    # ------------------------------------------------------------------ being told, being seen

    def expect_told(self, words: str) -> None:
        """What a gesture did, said where the reader is brought back."""
        expect(self.page.locator(".flashes")).to_contain_text(words)

    def expect_comment(self, words: str) -> None:
        expect(self.rail.locator(".thread", has_text=words)).to_be_visible()

    def picture(self, name: str, of: Locator | None = None) -> None:
        """For the guide: written with NAVETTE_GUIDE=1 only, so that a run of the tests leaves the tree clean."""
        if os.environ.get("NAVETTE_GUIDE") != "1":
            return
        GUIDE.mkdir(parents=True, exist_ok=True)
        subject, taken = of or self.page, GUIDE / f"{name}.png"
        try:
            subject.screenshot(path=taken, animations="disabled")
        except Error:  # Chromium now and then fails to take one, and takes the next
            subject.screenshot(path=taken, animations="disabled")

    def _listen(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not REFUSED.search(message.text):
            self.complaints.append(f"{message.location.get('url', '')}: {message.text}")
