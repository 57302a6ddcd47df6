"""What a browser would send of a form as it stands on the page."""

from html.parser import HTMLParser

Fields = dict[str, list[str]]


class _Controls(HTMLParser):
    def __init__(self, wanted: dict[str, str]) -> None:
        super().__init__()
        self.fields: Fields = {}
        self._wanted, self._inside, self._select, self._area = wanted, False, "", ""
        self._chosen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = self._wanted.items() <= given.items()
        if not self._inside:
            return
        if tag == "select":
            self._select, self._chosen = given.get("name", ""), []
        if tag == "option" and ("selected" in given or not self._chosen):
            self._chosen = [given.get("value", "")]
        if tag == "textarea":
            self._area = given.get("name", "")
            self._add(self._area, "")
        if tag == "input" and given.get("type") not in ("submit", "file"):
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self._add(given.get("name", ""), given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if tag == "textarea":
            self._area = ""
        if tag == "select" and self._inside:
            self.fields.setdefault(self._select, []).extend(self._chosen)

    def _add(self, name: str, value: str) -> None:
        if name:
            self.fields.setdefault(name, []).append(value)


def fields_of(page: str, **form: str) -> Fields:
    """The fields of the form with these attributes: `fields_of(page, id="ouvrir")`."""
    controls = _Controls(form)
    controls.feed(page)
    return controls.fields
