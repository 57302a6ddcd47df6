"""What somebody may choose of a text that leaves for Word."""

from enum import StrEnum


class WordKind(StrEnum):
    """How a text leaves for Word."""

    CLEAN = "docx_clean"
    TRACKED = "docx_tracked"
    """What each party proposes is a tracked change of its own."""
    ODT = "odt"


class WordComments(StrEnum):
    """Which comments leave with it: none, those that every party reads, or all that the exporter reads."""

    NONE = "aucun"
    SHARED = "partages"
    ALL = "tous"
