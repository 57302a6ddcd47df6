"""From a path to a scenario that is sound in itself: size, JSON, readable texts, schema.

Every fault is an InvalidFile with the JSON path of the fault and a French clause. References between things, rights and
chronology come next, in `references.py`.
"""

import hashlib
import json
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from negotiation.errors import InvalidFile, UnreadableText
from negotiation.rules.clause_text import readable_text

Json = dict[str, Any]

MAX_BYTES = 20 * 1024 * 1024
DEEPEST = 16
LARGEST = Decimal(10**13)
MOST_DECIMALS = 6
LONGEST_DIGITS = 40
LONGEST_SHOWN = 60
ROOT = "$"

_TYPES = {
    "object": "un objet",
    "array": "une liste",
    "string": "un texte",
    "number": "un nombre",
    "boolean": "vrai ou faux (true, false)",
    "null": "rien (null)",
}
_UNREADABLE = {
    "too_long": "le texte est trop long",
    "too_many_signs": "le texte porte trop de signes de mise en forme",
    "too_deep": "le texte a trop de niveaux",
    "unstable": "la mise en forme du texte ne se lit pas de façon sûre",
}


@dataclass(frozen=True)
class Scenario:
    """A file whose every key and type is right. `content`: texts in NFC, whole numbers as int, others as Decimal."""

    content: Json
    file_hash: str


def fault(path: str, problem: str) -> NoReturn:
    """Refuse the file. `path` like `engagements[3].moves[5].accepts`."""
    raise InvalidFile(path=path, problem=problem)


def read_scenario(path: Path) -> Scenario:
    """Raises InvalidFile. Nothing is read of a file beyond the limit."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            fault(ROOT, "ce n’est pas un fichier")
        if found.st_size > MAX_BYTES:
            fault(ROOT, f"le fichier dépasse {MAX_BYTES // 1024 // 1024} Mo")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidFile(path=ROOT, problem="le fichier est introuvable ou illisible") from error
    return parse_scenario(data)


def parse_scenario(data: bytes) -> Scenario:
    """Raises InvalidFile."""
    if len(data) > MAX_BYTES:
        fault(ROOT, f"le fichier dépasse {MAX_BYTES // 1024 // 1024} Mo")
    content = _sound(_parsed(data), ROOT, depth=0)
    _check_schema(content)
    return Scenario(content=content, file_hash=hashlib.sha256(data).hexdigest())


# ---------------------------------------------------------------------- JSON


class _Doubled(dict[str, Any]):
    """An object with a key written twice."""

    doubled = ""


@dataclass(frozen=True)
class _NoNumber:
    """What stands where JSON allows no number."""

    written: str


def _parsed(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
        return json.loads(
            text, parse_constant=_NoNumber, parse_float=_decimal, parse_int=_integer, object_pairs_hook=_object
        )
    except UnicodeDecodeError as error:
        raise InvalidFile(path=ROOT, problem=f"le fichier n’est pas en UTF-8 (octet {error.start})") from error
    except json.JSONDecodeError as error:
        problem = f"ce n’est pas du JSON (ligne {error.lineno}, colonne {error.colno})"
        raise InvalidFile(path=ROOT, problem=problem) from error
    except RecursionError as error:
        raise InvalidFile(path=ROOT, problem="l’imbrication est trop profonde") from error


def _object(pairs: list[tuple[str, Any]]) -> Json:
    read = dict(pairs)
    if len(read) == len(pairs):
        return read
    doubled = _Doubled(read)
    seen: set[str] = set()
    doubled.doubled = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return doubled


def _decimal(written: str) -> Decimal | _NoNumber:
    try:
        return Decimal(written) if len(written) <= LONGEST_DIGITS else _NoNumber(written)
    except InvalidOperation:
        return _NoNumber(written)


def _integer(written: str) -> int | _NoNumber:
    return int(written) if len(written) <= LONGEST_DIGITS else _NoNumber(written)


def _sound(value: Any, path: str, *, depth: int) -> Any:
    """The same tree with texts that a reader can see whole and numbers of a sane size."""
    if depth > DEEPEST:
        fault(path, "l’imbrication est trop profonde")
    match value:
        case _Doubled():
            fault(inside(path, value.doubled), "la clé est écrite deux fois")
        case dict():
            return {key: _sound(item, inside(path, key), depth=depth + 1) for key, item in value.items()}
        case list():
            return [_sound(item, f"{path}[{index}]", depth=depth + 1) for index, item in enumerate(value)]
        case str():
            return _text(value, path)
        case _NoNumber():
            fault(path, f"« {_shown(value.written)} » n’est pas un nombre acceptable")
        case Decimal() | int() if not isinstance(value, bool):
            return _number(value, path)
        case _:
            return value


def _text(text: str, path: str) -> str:
    try:
        return readable_text(text)
    except UnreadableText as refusal:
        fault(path, problem_of_text(refusal))


def problem_of_text(refusal: UnreadableText) -> str:
    """What is wrong with a text, as a French clause."""
    reason = str(refusal.detail.get("reason"))
    if reason == "hidden_character":
        near = refusal.detail.get("near")
        return f"caractère invisible ou de commande {refusal.detail.get('character')} après « {near} »"
    return _UNREADABLE.get(reason, "le texte n’est pas lisible")


def _number(number: Decimal | int, path: str) -> Decimal | int:
    exact = Decimal(number)
    if abs(exact) > LARGEST or -int(exact.as_tuple().exponent) > MOST_DECIMALS:
        fault(path, f"le nombre « {_shown(str(number))} » est démesuré")
    return number


# ---------------------------------------------------------------------- schema

_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@cache
def schema() -> Json:
    """The JSON Schema of scenario files, as packaged."""
    text = (files("negotiation") / "scenarios" / "scenario.schema.json").read_text(encoding="utf-8")
    read: Json = json.loads(text)
    return read


def _check_schema(content: Any) -> None:
    validator = Draft202012Validator(schema(), format_checker=_FORMATS)
    error = next(validator.iter_errors(content), None)
    if error is not None:
        _refuse(_deepest(error))


def _deepest(error: ValidationError) -> ValidationError:
    """Of the alternatives of an `anyOf`, the one whose type fits what stands there."""
    while error.context:
        deeper = [inner for inner in error.context if inner.validator != "type" or inner.relative_path]
        if not deeper:
            return error
        error = deeper[0]
    return error


def _refuse(error: ValidationError) -> NoReturn:
    path = dotted(error.absolute_path)
    instance: Any = error.instance
    wanted: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            unknown = sorted(set(instance) - set(_schema_of(error).get("properties", {})) - _patterned(error, instance))
            fault(inside(path, unknown[0]), "clé inconnue")
        case "required":
            missing = next(key for key in wanted if key not in instance)
            fault(inside(path, missing), "clé manquante")
        case "enum":
            known = ", ".join(f"« {value} »" for value in wanted)
            fault(path, f"valeur inconnue « {_shown(instance)} » ; valeurs possibles : {known}")
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            fault(path, "attendu : " + " ou ".join(_TYPES.get(kind, kind) for kind in kinds))
        case "format" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", instance):
            fault(path, f"la date « {_shown(instance)} » n’existe pas")
        case "pattern" | "format":
            fault(path, f"« {_shown(instance)} » n’a pas la forme attendue ({_form(str(wanted))})")
        case "anyOf":
            kinds = [_alternative(option) for option in wanted]
            fault(path, "attendu : " + " ou ".join(kinds))
        case _:
            fault(path, "valeur inattendue")


def _patterned(error: ValidationError, instance: Json) -> set[str]:
    """Keys that a pattern of the schema allows (years)."""
    patterns = _schema_of(error).get("patternProperties", {})
    return {key for key in instance if any(re.search(pattern, key) for pattern in patterns)}


def _schema_of(error: ValidationError) -> Json:
    return error.schema if isinstance(error.schema, dict) else {}


def _form(pattern: str) -> str:
    return "AAAA-MM-JJTHH:MM" if "T" in pattern else "AAAA-MM-JJ"


def _alternative(option: Json) -> str:
    return "une date" if option.get("format") == "date" else _TYPES.get(str(option.get("type")), "autre chose")


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


# ---------------------------------------------------------------------- paths


def inside(path: str, key: str) -> str:
    """The path of a key of the object at `path`."""
    shown = _shown(key).encode(errors="replace").decode()
    return shown if path in ("", ROOT) else f"{path}.{shown}"


def dotted(steps: Any) -> str:
    """`["engagements", 3, "moves"]` as `engagements[3].moves`; the root is `$`."""
    path = ""
    for step in steps:
        path = f"{path}[{step}]" if isinstance(step, int) else inside(path, step)
    return path or ROOT


def each(content: Any, pattern: str) -> Iterator[tuple[str, Any]]:
    """Every (path, value) that a pattern like `engagements[].moves[].at` names; what is null or absent is skipped."""
    found: list[tuple[str, Any]] = [("", content)]
    for step in pattern.split("."):
        name, lists = step.removesuffix("[]"), step.endswith("[]")
        found = [(inside(path, name), value[name]) for path, value in found if value.get(name) is not None]
        if lists:
            found = [(f"{path}[{index}]", item) for path, items in found for index, item in enumerate(items)]
    yield from found


def moment_of(written: str) -> datetime:
    """A local date-time of a file, without zone. Raises ValueError when it doesn't exist."""
    return datetime.strptime(written, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - local by the format; zoned where it is stored
