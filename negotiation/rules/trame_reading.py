"""From the mapping that people edit to a template, everything checked; the fault is named by its path, in French.

What a field of the trade always is (label, kind of value, unit, help) may be left out: it comes from `part_fields`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from negotiation.errors import InvalidFile, UnreadableText, WrongValue
from negotiation.rules.clause_text import MAX_CHARACTERS, canonical_markdown, readable_text
from negotiation.rules.trame_model import (
    Milestone,
    MilestoneKind,
    OffsetUnit,
    SuggestedParty,
    Trame,
    TrameClause,
    TramePart,
    known_field,
)
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import PartKind, PartyKind, Phase, ValueKind

LONGEST_YEARS = 5
LONGEST_MONTHS = 72
"""With the extension: V01, domain reference section 6."""
LONGEST_KEY, LONGEST_FIELD, LONGEST_LINE, LONGEST_WORDS = 80, 120, 300, 2000
MOST_ITEMS, MOST_PARTS = 200, 500
FARTHEST = {OffsetUnit.WEEKS: 520, OffsetUnit.MONTHS: 120}
DAYS = {OffsetUnit.WEEKS: 7.0, OffsetUnit.MONTHS: 30.4375}

UNDER: dict[PartKind | None, frozenset[PartKind]] = {
    None: frozenset({PartKind.ARTICLE, PartKind.STRATEGIC_OBJECTIVE, PartKind.INDICATOR}),
    PartKind.STRATEGIC_OBJECTIVE: frozenset({PartKind.OPERATIONAL_OBJECTIVE}),
    PartKind.OPERATIONAL_OBJECTIVE: frozenset({PartKind.FICHE_ACTION}),
    PartKind.FICHE_ACTION: frozenset({PartKind.INDICATOR, PartKind.FUNDING_LINE}),
}
"""What may stand under what; None is the contract itself."""
_FRAMING = frozenset({PartKind.FRAMING_SECTION})

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")
_FIELD = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_TEXT_PROBLEMS = {
    "too_long": "le texte est trop long",
    "too_many_signs": "le texte porte trop de signes de mise en forme",
    "too_deep": "le texte a trop de niveaux",
    "hidden_character": "le texte porte un caractère invisible ou de commande",
}

Word = TypeVar("Word", bound=StrEnum)
Thing = TypeVar("Thing")


def trame_from_mapping(mapping: object) -> Trame:
    """Raises InvalidFile(path, problem): `parts[3].clauses[0].text`, « un texte est attendu »."""
    top = _Node("", mapping)
    keys: set[str] = set()
    trame = Trame(
        key=top.key("key"),
        title=top.line("title"),
        summary=top.words("summary"),
        sector=top.line("sector"),
        contract_type=top.line("contract_type"),
        legal_basis=top.lines("legal_basis"),
        legal_notes=top.lines("legal_notes"),
        duration_years=top.whole("duration_years", 1, LONGEST_YEARS),
        extension_months_max=top.whole("extension_months_max", 0, LONGEST_MONTHS),
        parties=top.each("parties", _party),
        milestones=top.each("milestones", _milestone),
        framing=top.each("framing", lambda node: _part(node, _FRAMING, keys)),
        parts=top.each("parts", lambda node: _part(node, UNDER[None], keys)),
    )
    top.nothing_else()
    if trame.duration_years * 12 + trame.extension_months_max > LONGEST_MONTHS:
        _fault("extension_months_max", "durée et prorogation dépassent six ans")
    _check_milestones(trame.milestones)
    if not trame.parts:
        _fault("parts", "il faut au moins un article")
    return trame


def _party(node: "_Node") -> SuggestedParty:
    return SuggestedParty(node.word("kind", PartyKind), node.line("role"))


def _milestone(node: "_Node") -> Milestone:
    unit = node.word("unit", OffsetUnit, default=OffsetUnit.WEEKS)
    return Milestone(
        key=node.key("key"),
        kind=node.word("kind", MilestoneKind),
        title=node.line("title"),
        phase=node.word("phase", Phase),
        offset=node.whole("offset", -FARTHEST[unit], FARTHEST[unit]),
        unit=unit,
        produces=node.line("produces", default=""),
    )


def _check_milestones(milestones: tuple[Milestone, ...]) -> None:
    """In order, each key once, and one signature from which the others are counted."""
    reached, keys = float("-inf"), set[str]()
    for index, one in enumerate(milestones):
        days = one.offset * DAYS[one.unit]
        if days < reached:
            _fault(f"milestones[{index}].offset", "cette date précède celle d’avant")
        if one.key in keys:
            _fault(f"milestones[{index}].key", f"« {one.key} » existe déjà dans le calendrier")
        if (one.kind is MilestoneKind.SIGNATURE) != (one.offset == 0):
            _fault(f"milestones[{index}].offset", "la signature, et elle seule, est à zéro")
        reached = days
        keys.add(one.key)
    if sum(one.kind is MilestoneKind.SIGNATURE for one in milestones) != 1:
        _fault("milestones", "le calendrier a une signature, et une seule")


def _part(node: "_Node", allowed: frozenset[PartKind], keys: set[str]) -> TramePart:
    key = node.key("key")
    if key in keys:
        _fault(node.at("key"), f"« {key} » existe déjà dans la trame")
    keys.add(key)
    if len(keys) > MOST_PARTS:
        _fault(node.at("key"), f"une trame a au plus {MOST_PARTS} parties")
    kind = node.word("kind", PartKind)
    if kind not in allowed:
        _fault(node.at("kind"), f"« {kind} » n’a pas sa place ici")
    clauses = node.each("clauses", lambda inner: _clause(inner, kind))
    fields = [clause.field for clause in clauses]
    for index, field in enumerate(fields):
        if field in fields[:index]:
            _fault(f"{node.at('clauses')}[{index}].field", f"« {field} » est écrit deux fois")
    part = TramePart(
        key=key,
        kind=kind,
        code=node.line("code", default=""),
        title=node.line("title"),
        mandatory=node.flag("mandatory"),
        source=node.line("source", default=""),
        clauses=clauses,
        children=node.each("children", lambda inner: _part(inner, UNDER.get(kind, frozenset()), keys)),
    )
    node.nothing_else()
    return part


def _clause(node: "_Node", kind: PartKind) -> TrameClause:
    field = node.line("field", longest=LONGEST_FIELD)
    if not _FIELD.fullmatch(field):
        _fault(node.at("field"), "minuscules sans accent, chiffres, « _ » et « . » seulement")
    known = known_field(kind, field) or TrameClause(field, "")
    value_kind = node.word("value_kind", ValueKind, default=known.value_kind)
    return TrameClause(
        field=field,
        label=node.line("label", default=known.label or None) or known.label,
        value_kind=value_kind,
        unit=node.line("unit", default=known.unit),
        prompt=node.words("prompt", default=known.prompt),
        text=node.markdown("text"),
        value=node.value("value", value_kind),
        names=node.line("names", default=known.names),
    )


def _fault(path: str, problem: str) -> NoReturn:
    raise InvalidFile(path=path or "$", problem=problem)


class _Node:
    """A mapping at its path. Each reader takes a key; `nothing_else` refuses what no reader took."""

    def __init__(self, path: str, raw: object) -> None:
        if not isinstance(raw, Mapping):
            _fault(path, "un objet est attendu")
        self._path, self._raw, self._taken = path, raw, set[str]()

    def at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def line(self, name: str, *, default: str | None = None, longest: int = LONGEST_LINE) -> str:
        """Words on one line. Required, and not empty, unless there is a default."""
        return _line(self.at(name), self.words(name, default=default, longest=longest))

    def words(self, name: str, *, default: str | None = None, longest: int = LONGEST_WORDS) -> str:
        path = self.at(name)
        text = _text(path, self._take(name, default), readable_text, longest=longest)
        return text if default is not None else _required(path, text)

    def lines(self, name: str) -> tuple[str, ...]:
        """Texts of one line, none of them empty."""
        paths = {f"{self.at(name)}[{index}]": raw for index, raw in enumerate(self._list(name))}
        texts = {path: _text(path, raw, readable_text, longest=LONGEST_WORDS) for path, raw in paths.items()}
        return tuple(_required(path, _line(path, text)) for path, text in texts.items())

    def key(self, name: str) -> str:
        key = self.line(name, longest=LONGEST_KEY)
        if not _KEY.fullmatch(key):
            _fault(self.at(name), "minuscules sans accent, chiffres, « - » et « _ » seulement")
        return key

    def whole(self, name: str, least: int, most: int) -> int:
        raw = self._take(name, None)
        if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw <= most:
            _fault(self.at(name), f"un nombre entier de {least} à {most} est attendu")
        return raw

    def flag(self, name: str) -> bool:
        raw = self._take(name, False)
        if not isinstance(raw, bool):
            _fault(self.at(name), "vrai ou faux est attendu (true, false)")
        return raw

    def word(self, name: str, words: type[Word], *, default: Word | None = None) -> Word:
        raw = self._take(name, default)
        try:
            return words(str(raw))
        except ValueError:
            listed = ", ".join(f"« {word} »" for word in words)
            _fault(self.at(name), f"valeur inconnue ; valeurs possibles : {listed}")

    def markdown(self, name: str) -> str:
        return _text(self.at(name), self._take(name, ""), canonical_markdown)

    def value(self, name: str, kind: ValueKind) -> str | int | tuple[str, ...] | None:
        raw = self._raw.get(name)
        self._taken.add(name)
        try:
            value = canonical_value(raw, kind)
        except WrongValue:
            _fault(self.at(name), "la valeur ne convient pas à ce champ")
        except UnreadableText as refusal:
            _fault(self.at(name), _problem_of(refusal))
        return tuple(value) if isinstance(value, list) else value

    def each(self, name: str, read: Callable[["_Node"], Thing]) -> tuple[Thing, ...]:
        return tuple(self._each(name, read))

    def nothing_else(self) -> None:
        for name in self._raw:
            if name not in self._taken:
                _fault(self.at(str(name)), "clé inconnue")

    def _each(self, name: str, read: Callable[["_Node"], Thing]) -> Iterator[Thing]:
        for index, raw in enumerate(self._list(name)):
            node = _Node(f"{self.at(name)}[{index}]", raw)
            yield read(node)
            node.nothing_else()

    def _list(self, name: str) -> list[Any]:
        raw = self._take(name, [])
        if not isinstance(raw, list | tuple):
            _fault(self.at(name), "une liste est attendue")
        if len(raw) > MOST_ITEMS:
            _fault(self.at(name), f"la liste dépasse {MOST_ITEMS} éléments")
        return list(raw)

    def _take(self, name: str, default: object) -> object:
        self._taken.add(name)
        if name in self._raw:
            return self._raw[name]
        if default is None:
            _fault(self.at(name), "cette clé manque")
        return default


def _text(path: str, raw: object, read: Callable[[str], str], *, longest: int = MAX_CHARACTERS) -> str:
    if not isinstance(raw, str):
        _fault(path, "un texte est attendu")
    try:
        text = read(raw)
    except UnreadableText as refusal:
        _fault(path, _problem_of(refusal))
    if len(text) > longest:
        _fault(path, f"le texte dépasse {longest} caractères")
    return text


def _line(path: str, text: str) -> str:
    if "\n" in text:
        _fault(path, "une seule ligne est attendue")
    return text


def _required(path: str, text: str) -> str:
    if not text:
        _fault(path, "ce texte ne peut pas être vide")
    return text


def _problem_of(refusal: UnreadableText) -> str:
    return _TEXT_PROBLEMS.get(str(refusal.detail.get("reason")), "le texte n’est pas lisible")
