"""Templates of contracts (« trames »): the ones that come with the product, and those that people edit.

trame = built_in_trame("handicap")
mapping = as_mapping(trame)          # edited in the product, kept as JSON
trame_from_mapping(mapping)          # checked again whenever it is read
"""

import re
import tomllib
from functools import cache
from importlib.resources import files

from negotiation.errors import InvalidFile, NotFound
from negotiation.rules.trame_model import (
    FICHE_FIELDS,
    FRAMING_SECTIONS,
    FUNDING_LINE_FIELDS,
    INDICATOR_FIELDS,
    OPERATIONAL_OBJECTIVE_FIELDS,
    STRATEGIC_OBJECTIVE_FIELDS,
    Milestone,
    MilestoneKind,
    OffsetUnit,
    SuggestedParty,
    Trame,
    TrameClause,
    TramePart,
    amount_field,
    clauses_of,
    fields_for,
    known_field,
    step_field,
    target_field,
)
from negotiation.rules.trame_reading import UNDER, trame_from_mapping
from negotiation.rules.trame_writing import as_mapping, trame_as_toml

__all__ = [
    "FICHE_FIELDS",
    "FRAMING_SECTIONS",
    "FUNDING_LINE_FIELDS",
    "INDICATOR_FIELDS",
    "OPERATIONAL_OBJECTIVE_FIELDS",
    "STRATEGIC_OBJECTIVE_FIELDS",
    "UNDER",
    "Milestone",
    "MilestoneKind",
    "OffsetUnit",
    "SuggestedParty",
    "Trame",
    "TrameClause",
    "TramePart",
    "amendment_trame",
    "amount_field",
    "as_mapping",
    "built_in_trame",
    "built_in_trames",
    "clauses_of",
    "fields_for",
    "known_field",
    "read_trame",
    "step_field",
    "target_field",
    "trame_as_toml",
    "trame_from_mapping",
]

BUILT_IN = ("ehpad-tripartite", "handicap", "chrs", "droit-commun", "avenant-prorogation", "cadre-libre")
"""In the order in which they are offered."""
FOR_AMENDMENTS = ("avenant", "avenant-prorogation", "avenant-resiliation")
"""What an avenant says of itself, by kind; see `rules.amendment`."""
MAX_BYTES = 1024 * 1024
_PLACE = re.compile(r"line (\d+)")
_QUOTED = re.compile(r"""\"(?:[^\"\\\n]|\\.)*\"?|'[^'\n]*'?""")
_SPACES = re.compile(r"[ \t]+")
_ENDLESS_KEY = re.compile(r"(?<![\w-])(?:[\w-]+ ?\. ?){16}", re.ASCII)
"""« a.a.a… »: the reader of TOML keeps each beginning of a key, so that 100 kB of them would fill the memory."""


def read_trame(data: str | bytes) -> Trame:
    """A template from the TOML of a data file. Raises InvalidFile."""
    if len(data) > MAX_BYTES:
        raise InvalidFile(path="$", problem="le fichier est trop gros")
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        if _ENDLESS_KEY.search(_SPACES.sub(" ", _QUOTED.sub("q", text))):
            raise InvalidFile(path="$", problem="le fichier a trop de niveaux")
        mapping = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise InvalidFile(path="$", problem="le fichier n’est pas en UTF-8") from error
    except RecursionError as error:
        raise InvalidFile(path="$", problem="le fichier a trop de niveaux") from error
    except ValueError as error:
        # TOMLDecodeError, and what dates out of the calendar raise: only the line is worth showing.
        place = _PLACE.search(str(error))
        line = f", ligne {place.group(1)}" if place else ""
        raise InvalidFile(path="$", problem=f"le fichier n’est pas du TOML{line}") from error
    return trame_from_mapping(mapping)


@cache
def built_in_trames() -> tuple[Trame, ...]:
    """The templates of the product, read once."""
    return tuple(_shipped(key) for key in BUILT_IN)


def built_in_trame(key: str) -> Trame:
    """Raises NotFound."""
    for trame in built_in_trames():
        if trame.key == key:
            return trame
    raise NotFound


def amendment_trame(key: str) -> Trame:
    """Raises NotFound."""
    if key not in FOR_AMENDMENTS:
        raise NotFound
    return _shipped(key)


@cache
def _shipped(key: str) -> Trame:
    return read_trame((files("negotiation") / "trames" / f"{key}.toml").read_bytes())
