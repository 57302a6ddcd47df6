"""Organisations, people and moments as a French sentence names them: plain text, for pages and for texts alike."""

import re
from datetime import date, datetime

from negotiation.rules.french_display import NO_BREAK_SPACE, value_text
from negotiation.rules.paris import PARIS
from negotiation.rules.vocabulary import ValueKind

# Names of organisations that take an article, by their first word; any other is a proper name (« Orlinde »).
_ELIDED = "l’"
_ARTICLES = {
    **dict.fromkeys(
        ("ARS", "Agence", "Association", "État", "Union", "Assurance", "Académie", "Office", "Institut"), _ELIDED
    ),
    **dict.fromkeys(("Département", "Conseil", "Groupe", "Groupement", "Centre", "CCAS", "Syndicat", "SIAO"), "le "),
    **dict.fromkeys(("CD", "Rectorat", "GCSMS", "CHU", "CH", "Comité", "Préfet"), "le "),
    **dict.fromkeys(("Métropole", "Fondation", "Mutuelle", "Ville", "Commune", "Région", "Préfecture"), "la "),
    **dict.fromkeys(("Société", "Caisse", "Fédération", "Coopérative", "Congrégation"), "la "),
    **dict.fromkeys(("DDETS", "DREETS", "DRIHL", "DDCS", "CPAM", "CARSAT", "Direction", "Collectivité"), "la "),
}
_OWN_ARTICLE = re.compile(r"(?:le|la|les)\s+|l['’]", re.IGNORECASE)
_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def the_name(name: str) -> str:
    """« l’ARS », « le Département », « Orlinde »."""
    return _article(name) + name


def of_name(name: str) -> str:
    """« de l’ARS », « du Département », « d’Orlinde », « de Rive-Ambrelle »."""
    match _article(name):
        case "le ":
            return f"du {name}"
        case "" if name[:1].lower() in "aeiouyàâéèêëîïôöûü":
            return f"d’{name}"
        case article:
            return f"de {article}{name}"


def to_name(name: str) -> str:
    """« à l’ARS », « au Département », « à Orlinde »."""
    article = _article(name)
    return f"au {name}" if article == "le " else f"à {article}{name}"


def for_name(name: str) -> str:
    """Where somebody signs: « pour la Fondation Orlinde », « pour l’ARS »; « pour : Orlinde » where the article
    can't be known."""
    if own := _OWN_ARTICLE.match(name):
        return f"pour {own[0].lower()}{name[own.end() :]}"
    return f"pour {the_name(name)}" if _article(name) else f"pour{NO_BREAK_SPACE}: {name}"


def day_words(day: date) -> str:
    """« 9 juillet 2026 », « 1er septembre 2027 »."""
    return value_text(day.isoformat(), None, ValueKind.DATE)


def weekday_words(day: date) -> str:
    """« jeudi 9 juillet 2026 »."""
    return f"{_WEEKDAYS[day.weekday()]} {day_words(day)}"


def hour_words(moment: datetime) -> str:
    """« 10 h 40 » in Paris; « 14 h » on the hour."""
    return clock_words(f"{moment.astimezone(PARIS):%H:%M}")


def clock_words(clock: str) -> str:
    """« 9 h 30 » from « 09:30 »; anything else as it is."""
    hours, colon, minutes = clock.partition(":")
    if not (colon and hours.isdecimal()):
        return clock
    past = f"{NO_BREAK_SPACE}{minutes}" if minutes.strip("0") else ""
    return f"{int(hours)}{NO_BREAK_SPACE}h{past}"


def _article(name: str) -> str:
    return _ARTICLES.get(re.split(r"[\s'’-]", name, maxsplit=1)[0], "")
