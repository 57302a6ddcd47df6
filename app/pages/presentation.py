"""How values show on a page: Jinja filters, pure functions, French.

Whatever may hold a no-break space or a raised ordinal comes back as `Markup`, already escaped.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup, escape

from negotiation.rules.checks_placeholders import placeholders
from negotiation.rules.clause_text import french_typography, to_html, typed_markdown, value_text
from negotiation.rules.french_moves import move_fr, phase_fr
from negotiation.rules.french_names import clock_words, of_name, the_name, to_name
from negotiation.rules.paris import PARIS
from negotiation.rules.vocabulary import ValueKind

NO_BREAK_SPACE = "\u00a0"
LOCALE = "fr_FR"
SIGNS_KEPT = 500
"""A page of five hundred clauses writes them a thousand times. `typed`: markup and plain text that read alike are not
escaped alike."""
WORDS_KEPT = 5000
LONG = 200
"""Characters of what isn't a title any more."""

_TAGS = re.compile(r"(<[^>]*>)")
# Not inside a longer name: a file of the archive may be called « …-454e-8693.json ».
_ORDINALS = re.compile(r"(?<![-\w])(1)(er|re)\b|(?<![-\w])(\d{1,3})(e)\b(?!-)")
_APOSTROPHES = re.compile(r"(?<=\w)'(?=\w)")
_DATE_PATTERNS = {
    "full": "EEEE d MMMM y",  # vendredi 10 juillet 2026
    "long": "d MMMM y",  # 10 juillet 2026
    "weekday": "EEEE d MMMM",  # vendredi 10 juillet
    "short": "d MMMM",  # 10 juillet
    "month": "MMMM y",  # juillet 2026
}


def typo(text: object) -> Markup:
    """French no-break spaces, curly apostrophes and raised ordinals, in plain text or in the text nodes of HTML."""
    if hasattr(text, "__html__"):
        pieces = _TAGS.split(str(Markup(text)))
        return Markup("".join(piece if piece.startswith("<") else _set(piece) for piece in pieces))
    plain = "" if text is None else str(text)
    return _words(plain) if len(plain) < LONG else _plain(plain)


def _plain(text: str) -> Markup:
    return Markup(_set(str(escape(french_typography(text)))))


_words = lru_cache(maxsize=WORDS_KEPT)(_plain)
"""A page says the same titles, names and labels many times, and many pages say them."""


def date_fr(value: date | datetime | str | None, form: str = "long") -> Markup:
    """« 3 juillet 2026 », « 1er septembre 2027 » raised. `form`: full, long, weekday, short, month."""
    day = _moment(value)
    if day is None:
        return Markup("")
    words = format_date(day, format=_DATE_PATTERNS[form], locale=LOCALE)
    words = re.sub(r"\b1(?= \w{3,} ?)", "1er", words, count=1) if form != "month" and day.day == 1 else words
    return typo(re.sub(r"(?<=\d|r) (?=[a-zéû])", NO_BREAK_SPACE, words, count=1))


def near(value: date | datetime | str | None, today: date, form: str = "short", otherwise: str = "long") -> str:
    """The form of a date that says its year only when it isn't this one: « 3 juillet », « 3 juillet 2023 »."""
    day = _moment(value)
    return form if day is not None and day.year == today.year else otherwise


def time_fr(value: datetime | str | None) -> Markup:
    """« 10 h 40 »; « 14 h » on the hour."""
    moment = _moment(value)
    if not isinstance(moment, datetime):
        return Markup("")
    minutes = f"{NO_BREAK_SPACE}{moment.minute:02}" if moment.minute else ""
    return Markup(f"{moment.hour}{NO_BREAK_SPACE}h{minutes}")


def clock_fr(text: str | None) -> Markup:
    """« 14 h », « 9 h 30 », from the « 14:00 » of a calendar."""
    return typo(clock_words(text or ""))


def datetime_fr(value: datetime | str | None, form: str = "short") -> Markup:
    """« 9 juillet à 10 h 40 »; `form` as in `date_fr`. An aware moment shows in Paris time."""
    moment = _moment(value)
    if not isinstance(moment, datetime):
        return date_fr(moment, form)
    return Markup("{} à {}").format(date_fr(moment, form), time_fr(moment))


def iso(value: date | datetime | str | None) -> str:
    """For the `datetime` attribute of a `<time>`."""
    moment = _moment(value)
    if isinstance(moment, datetime):
        return moment.isoformat(timespec="minutes")
    return moment.isoformat() if moment else ""


def days_between(since: date | datetime | str | None, today: date | datetime | str | None) -> int | None:
    """Whole days from one day to another; None when either is unknown."""
    first, last = _day(since), _day(today)
    return None if first is None or last is None else (last - first).days


def ago_days(days: int | None) -> str:
    """« depuis aujourd’hui », « depuis hier », « depuis 3 jours »."""
    if days is None:
        return ""
    return {0: "depuis aujourd’hui", 1: "depuis hier"}.get(days) or f"depuis {count_fr(days, 'jour')}"


def number_fr(value: object) -> str:
    """« 93,5 », « 12 400 »."""
    return value_text(None if value is None else str(value), None, ValueKind.NUMBER)


def amount(cents: int | None) -> str:
    """« 96 000 € », from whole cents."""
    return value_text(cents, None, ValueKind.AMOUNT)


def euros(cents: int | None) -> str:
    """« 96 000 »: an amount in a column whose heading says euros."""
    return amount(cents).removesuffix("€").rstrip(NO_BREAK_SPACE)


def percent(value: int | float | Decimal | str | None) -> str:
    """« 51 % » from 51 (not from 0.51)."""
    return value_text(None if value is None else str(value), "%", ValueKind.NUMBER)


def value_fr(value: object, unit: str | None = None, kind: ValueKind | str = ValueKind.NUMBER) -> Markup:
    """A typed value as a clause holds it: « 93,5 % », « 840 000 € », « 1er septembre 2027 » raised."""
    return typo(value_text(value, unit, ValueKind(kind)))


def count_fr(number: int, singular: str, plural: str | None = None) -> str:
    """« 0 accord », « 1 accord », « 3 accords »: in French the plural starts at two."""
    word = singular if abs(number) < 2 else (plural or f"{singular}s")
    return f"{number_fr(number)}{NO_BREAK_SPACE}{word}"


def working_days_fr(days: float) -> str:
    """« 5 jours », « 2,5 jours », « moins d’un jour »: under a heading that says working days."""
    if days < 1:
        return f"moins d’un{NO_BREAK_SPACE}jour" if days == 0 else f"{number_fr(days)}{NO_BREAK_SPACE}jour"
    whole = int(days) if days == int(days) else days
    return f"{number_fr(whole)}{NO_BREAK_SPACE}{'jour' if days < 2 else 'jours'}"


def in_working_days(days: int) -> str:
    """« en 5 jours ouvrés », « en moins d’un jour ouvré »."""
    return f"en {working_days_fr(days)}{NO_BREAK_SPACE}{'ouvré' if days < 2 else 'ouvrés'}"


def file_size(octets: int) -> str:
    """« 412 Ko », « 1,2 Mo »."""
    if octets < 1000:
        return count_fr(octets, "octet")
    if octets < 1_000_000:
        return f"{number_fr(round(octets / 1000))}{NO_BREAK_SPACE}Ko"
    return f"{number_fr(round(Decimal(octets) / 1_000_000, 1))}{NO_BREAK_SPACE}Mo"


def fingerprint(hexadecimal: str) -> str:
    """In groups of four, to be compared by eye."""
    return " ".join(hexadecimal[start : start + 4] for start in range(0, len(hexadecimal), 4))


@lru_cache(maxsize=SIGNS_KEPT, typed=True)
def party_sign(letter: str) -> Markup:
    """The attribute that sets colour, shape and line: `data-party="a"`, and `data-rank="2"` for A2."""
    sign, rank = letter[:1].lower(), letter[1:]
    attributes = Markup('data-party="{}"').format(sign)
    return attributes + Markup(' data-rank="{}"').format(rank) if rank else attributes


@lru_cache(maxsize=SIGNS_KEPT, typed=True)
def the_party(name: str) -> Markup:
    """« l’ARS », « le Département », « Orlinde »."""
    return typo(the_name(name))


@lru_cache(maxsize=SIGNS_KEPT, typed=True)
def of_party(name: str) -> Markup:
    """« de l’ARS », « du Département », « d’Orlinde », « de Rive-Ambrelle »."""
    return typo(of_name(name))


@lru_cache(maxsize=SIGNS_KEPT, typed=True)
def to_party(name: str) -> Markup:
    """« à l’ARS », « au Département », « à Orlinde »."""
    return typo(to_name(name))


def and_fr(words: Iterable[object]) -> Markup:
    """« Orlinde, l’ARS et le Département »."""
    items = [Markup(escape(word)) for word in words]
    if len(items) < 2:
        return Markup("").join(items)
    return Markup("{} et {}").format(Markup(", ").join(items[:-1]), items[-1])


def capital(text: object) -> Markup:
    """The first letter in upper case, the rest as it is (`capitalize` would lower « ARS »)."""
    words = str(escape(text))
    return Markup(words[:1].upper() + words[1:])


def field_fr(field: str) -> str:
    """The name of a cell of a file: « cible 2028 », « montant 2027 », « échéance »."""
    name, _, rest = field.partition(".")
    known = {"targets": "cible", "amounts": "montant", "total": "total", "due_date": "échéance", "start_date": "début"}
    return f"{known.get(name, name)} {rest}".strip()


def changed_fr(value: object, field: str) -> Markup:
    """A value of an avenant, read by the cell it changes: cents, a date, or a number."""
    if field.startswith(("amounts", "total")):
        return value_fr(value, "€", ValueKind.AMOUNT)
    dated = isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)
    return value_fr(value, None, ValueKind.DATE if dated else ValueKind.NUMBER)


def markdown(text: str) -> Markup:
    """The words of a clause as safe HTML."""
    return Markup(to_html(text))  # nh3 cleans it


def markdown_inline(text: str) -> Markup:
    """The same without its paragraph, for a cell or a line."""
    return Markup(str(markdown(text)).strip().removeprefix("<p>").removesuffix("</p>"))  # cleaned above


def named_by(key: str, frame: Any) -> str:
    """The name that a page's frame gives to the key of a member or a party."""
    return str(frame.name_of(key))


FILTERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        ago_days,
        amount,
        and_fr,
        capital,
        changed_fr,
        clock_fr,
        count_fr,
        date_fr,
        datetime_fr,
        days_between,
        euros,
        field_fr,
        file_size,
        fingerprint,
        in_working_days,
        iso,
        markdown,
        markdown_inline,
        move_fr,
        named_by,
        near,
        number_fr,
        of_party,
        party_sign,
        percent,
        phase_fr,
        placeholders,
        the_party,
        time_fr,
        to_party,
        typed_markdown,
        typo,
        value_fr,
        working_days_fr,
    )
}


class WordsOfTemplates(Extension):
    """French no-break spaces in the words typed in templates, when they are compiled: nobody types them by hand.

    Text between tags only; what an expression shows goes through `typo`.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        inside_tag = False
        for token in stream:
            if token.type == "data":
                set_in_french, inside_tag = _between_tags(token.value, inside_tag=inside_tag)
                yield Token(token.lineno, "data", set_in_french)
            else:
                yield token


def install(environment: Environment) -> None:
    """Give a Jinja environment every filter of this module, and French spaces in the words of its templates."""
    environment.filters.update(FILTERS)
    environment.add_extension(WordsOfTemplates)


def _set(text: str) -> str:
    """The text of one node, already escaped, as French prints it."""
    text = _APOSTROPHES.sub("’", text.replace("&#39;", "'"))
    text = french_typography(text).replace("'", "&#39;")
    return _ORDINALS.sub(lambda found: f"{found[1] or found[3]}<sup>{found[2] or found[4]}</sup>", text)


def _between_tags(written: str, *, inside_tag: bool) -> tuple[str, bool]:
    """`written` with its text set, and whether it ends inside a tag: an expression may stand in an attribute."""
    pieces = []
    for piece in re.split(r"(?<=>)|(?=<)", written):
        inside_tag = inside_tag or piece.startswith("<")
        pieces.append(piece if inside_tag else french_typography(piece))
        inside_tag = inside_tag and not piece.endswith(">")
    return "".join(pieces), inside_tag


def _moment(value: date | datetime | str | None) -> date | datetime | None:
    if isinstance(value, str):
        if not value:
            return None
        value = datetime.fromisoformat(value) if "T" in value or ":" in value else date.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(PARIS)
    return value


def _day(value: date | datetime | str | None) -> date | None:
    moment = _moment(value)
    return moment.date() if isinstance(moment, datetime) else moment
