"""What the query string of each route may say: a page that asks something new has its line here."""

from collections.abc import Mapping

from werkzeug.routing import Rule

from app.pages.board import STATE_FILTERS
from app.pages.clause_view import TABS
from app.pages.shape_view import CLAUSES, KINDS

NUMBERS = ["1", "2", "100"]
"""The next page, and one beyond the last. What isn't a number is asked to break pages, in `test_nothing_leaks.py`."""
Ids = Mapping[str, list[str]]
"""What routes may be given, by the name of their argument."""


def questions(rule: Rule, ids: Ids) -> list[dict[str, str]]:
    """What the query string of a route may say, one thing at a time. A test fails when one is missing."""
    asked: dict[str, list[str]] = {
        "signin.enter": {"next": ["/", "//ailleurs.example"]},
        "signin.confirm": {"next": ["/"]},
        "table.show_table": _filters(ids),
        "table.board_fragment": {"etat": ["a-moi"]},
        "synoptique.show_synoptique": _rows(ids) | {"avec": ids["party_id"], "page": NUMBERS},
        "synoptique.spreadsheet": _rows(ids),
        "retaking.show_retaking": {
            "version": ["1", "2", "x"],
            "visa": ids.get("visa_id", ["inconnu"])[:2] or ["inconnu"],
            "brouillon": ["ours", "authorities"],
        },
        "choosing.show_choosing": {"version": ["1", "2", "x"], "brouillon": ["commune", "ours", "authorities"]},
        "whole.show_whole": {"document": ["cadrage", "autre"]},
        "texts.show_part": {"comparer": ["premiere"]},
        "texts.part_fragment": {"ouverte": [*ids.get("clause_id", ["x"])[:2], "inconnue"]},
        "texts.show_clause": {"comparer": ["premiere"], **_threads(ids)},
        "texts.clause_fragment": {"onglet": [*TABS, "autre"], **_threads(ids)},
        "shaping.show_add": _adding(ids),
        "navette.show_navette": _steps(ids),
        "word.show_word": {"partie": [*ids.get("part_id", [])[:2], "x"]},
        "engagement_file.engagement_pdf": {"interne": ["1"]},
        "engagement_file.history_spreadsheet": {"interne": ["1"]},
        "opening.show_opening": {"suite": [*ids.get("negotiation_id", []), "x"]},
        "project_file.project_pdf": {"modifications": ["oui"]},
        "amending.show_amendments": {"clause": [*ids.get("clause_id", ["x"])[:1], "inconnue"]},
        "amendment_changes.show_changes": {"vue": ["colonnes"]},
        "leaving.leaving_progress": {"vu": ["1"]},
        "long_prints.print_progress": {"vu": ["1"]},
        "amendment_changes.changes_fragment": {"vue": ["colonnes"]},
        "evaluation.show_evaluation": {"valeur": [*ids.get("clause_id", ["x"])[:1], "inconnue"]},
        "follow_up.show_dialogue": {"valeur": [*ids.get("clause_id", ["x"])[:1], "inconnue"]},
        "evaluation.evaluation_fragment": {"valeur": [*ids.get("clause_id", ["x"])[:1], "inconnue"]},
        "follow_up.dialogue_fragment": {"valeur": [*ids.get("clause_id", ["x"])[:1], "inconnue"]},
        "history.show_history": _circles(ids),
        "navettes.show_navettes": {
            "mots": ["contrat"],
            "qui": [*ids["party_id"], "x"],
            "etat": ["agreed", "autre"],
            "page": NUMBERS,
        },
        "glance.show_glance": {"tout": ["1", "x"]},
        "provenance.provenance_csv": {"passages": ["1", "x"]},
        "provenance.show_provenance": {"partie": [*ids.get("part_id", [])[:2], "x"]},
        "at_date.find_date": {"jour": ["2026-04-02", "x"], "heure": ["10:00"], "partie": ["x"]},
        "at_date.show_at_date": {"partie": [*ids.get("part_id", [])[:2], "x"], "page": NUMBERS, "tout": ["oui"]},
        "comparing.show_comparison": _compared(ids) | {"page": NUMBERS},
        "search.show_search": {"q": ["convenu", "%", "œuvre d’art"], "page": NUMBERS, "dans": ["x"], "seance": ["x"]},
        "discussion.show_discussion": _circles(ids) | {"message": [*ids.get("message_id", [])[:9], "x"]},
        "discussion_pieces.discussion_fragment": _circles(ids) | {"depuis": NUMBERS},
        "discussion_pieces.more_messages": _circles(ids) | {"apres": NUMBERS},
        "discussion_pieces.discussion_panel": _circles(ids) | {"seance": ["x"]},
        "discussion_pieces.offered_references": _circles(ids),
        "discussion.show_part_discussion": _circles(ids) | {"message": ["x"]},
        "discussion_pieces.part_discussion_fragment": _circles(ids) | {"depuis": NUMBERS},
        "discussion_pieces.more_part_messages": _circles(ids) | {"apres": NUMBERS},
        "discussion_pieces.part_discussion_margin": _circles(ids),
        "message_steps.show_next_step": {
            "en": ["commentaire", "proposition", "tache", "decision", "autre"],
            "clause": [*ids.get("clause_id", [])[:2], "x"],
        },
        "tasks.show_tasks": _tasks(ids),
        "seances.show_new": {"rendez_vous": ["inconnu"]},
        "seances.show_seance": _at_seance(ids) | {"chercher": ["contrat"], "cercle": _circles(ids)["cercle"]},
        "seances_room.seance_fragment": _at_seance(ids),
        "seances_room.show_decisions": {"avant": NUMBERS},
        "pieces.several": {"de": _pieces(ids)},
    }.get(rule.endpoint, {})
    return [{name: value} for name, values in asked.items() for value in values]


def _filters(ids: Ids) -> dict[str, list[str]]:
    return {
        "etat": [*STATE_FILTERS, "autre"],
        "main": ids["party_id"],
        "essms": ["e1"],
        "theme": ["qualite"],
        "mots": ["contrat"],
        "page": NUMBERS,
    }


def _adding(ids: Ids) -> dict[str, list[str]]:
    """What is added, and under which part: a question asked one thing at a time meets the form of the top only."""
    return {"genre": [*KINDS, *CLAUSES, "autre"], "sous": ids.get("part_id", ["x"])[:2]}


def _rows(ids: Ids) -> dict[str, list[str]]:
    return {"vue": ["toutes", "divergence", "autre"], "part": [*ids.get("part_id", [])[:2], "inconnue"]}


def _compared(ids: Ids) -> dict[str, list[str]]:
    """One state at a time, against what it is compared with when nothing says so."""
    frozen = [f"fige-{version_id}" for version_id in ids.get("version_id", [])]
    parties = [f"partie-{party_id}" for party_id in ids["party_id"]]
    return {
        "de": ["2026-04-02", "v1", "v2", "accord", "commune", "date", "x", *parties, *frozen],
        "a": ["2026-04-03T10:30", "maintenant", "date", *parties],
        "de_jour": ["2026-04-02"],
        "a_jour": ["2026-04-02"],
        "partie": ids.get("part_id", [])[:2],
        "tout": ["oui"],
        "vue": ["colonnes"],
    }


def _circles(ids: Ids) -> dict[str, list[str]]:
    inside = [f"party:{party_id}" for party_id in ids["party_id"]]
    return {"cercle": ["shared", "ours", "authorities", *inside, "autre"], "avant": NUMBERS}


def _pieces(ids: Ids) -> list[str]:
    """Pieces of pages, which are asked for alone too; and what is no piece."""
    clauses = [f"/clauses/{clause_id}/fragment/carte?onglet=proposition" for clause_id in ids.get("clause_id", [])[:9]]
    tables = [f"/negociations/{each}/fragment/tableau" for each in ids.get("negotiation_id", [])]
    return [*clauses, *tables, "/notifications", "ailleurs"]


def _threads(ids: Ids) -> dict[str, list[str]]:
    return {
        "fils": ["ouverts", "regles", "tous", "autre"],
        "qui": ["shared", "ours", "authorities", "autre"],
        "fil": NUMBERS,
        "message": [*ids.get("message_id", []), "x"],
        "en": ["commentaire"],
    }


def _at_seance(ids: Ids) -> dict[str, list[str]]:
    return {
        "sur": [*ids.get("clause_id", ["x"])[:9], "inconnue"],
        "onglet": ["brouillon", "entre-autorites"],
        "suivre": ["oui"],
    }


def _tasks(ids: Ids) -> dict[str, list[str]]:
    asked = {"etat": ["ouvertes", "closes", "toutes", "autre"], "page": NUMBERS, "cercle": _circles(ids)["cercle"]}
    named = {"message": "message_id", "commentaire": "move_id", "clause": "clause_id"}
    return asked | {name: [*ids.get(those, []), "x"] for name, those in named.items()}


def _steps(ids: Ids) -> dict[str, list[str]]:
    """Steps of every circle are asked for, at clauses that have them and at others."""
    return {
        "page": [*NUMBERS, "0"],
        "etape": [*ids.get("move_id", [])[:3], "inconnue"],
        "partie": [*ids["party_id"][:1], "inconnue"],
        "phase": ["negociation"],
        "seance": ["hors", *ids.get("seance_id", [])[:1]],
        "comparer": ["premiere"],
        "tout": ["1"],
    }
