"""A file whose moves nobody could have played is refused by the path of the fault, and leaves nothing behind."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from negotiation.errors import InvalidFile
from negotiation.services.importing import import_bytes
from negotiation.store import Store
from tests.builders import a_table
from tests.scenarios import EHPAD, HANDICAP, Json, as_bytes, engagement, move, party, sample, scenario

TARGET = {"type": "indicator", "id": "i01", "field": "targets.2028"}


def refused(store: Store, content: Json) -> tuple[str, str]:
    """Path and problem, once it is sure that nothing was left behind."""
    before = rows(store)
    with pytest.raises(InvalidFile) as refusal, store.unit_of_work() as uow:
        import_bytes(uow, as_bytes(content))
    assert rows(store) == before
    return str(refusal.value.detail["path"]), str(refusal.value.detail["problem"])


def rows(store: Store) -> dict[str, int]:
    with store.reading() as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }


def thread(*moves: Json, parties: list[str] | None = None) -> Json:
    """A scenario with one engagement made of these moves."""
    return scenario(parties=4, engagements=[engagement("en01", TARGET, parties or ["og", "ars", "cd"], list(moves))])


def proposal(**rest: object) -> Json:
    return move("en01-m01", "og.dg", "proposal", value=94, version=1, **rest)


def counter(**rest: object) -> Json:
    return move("en01-m02", "ars.dg", "counter_proposal", value=95, **{"version": 2} | rest)


CASES: list[tuple[str, Callable[[], Json], str, str]] = [
    (
        "an acceptance of a superseded version",
        lambda: thread(proposal(), counter(), move("en01-m03", "cd.dg", "acceptance", accepts="en01-m01")),
        "engagements[0].moves[2].accepts",
        "n’est plus la version sur la table",
    ),
    (
        "an acceptance of nothing",
        lambda: thread(proposal(), move("en01-m02", "ars.dg", "acceptance")),
        "engagements[0].moves[1].accepts",
        "désigne la version",
    ),
    (
        "an acceptance of a comment",
        lambda: thread(
            proposal(),
            move("en01-m02", "cd.dg", "comment"),
            move("en01-m03", "ars.dg", "acceptance", accepts="en01-m02"),
        ),
        "engagements[0].moves[2].accepts",
        "n’a déposé aucune version",
    ),
    (
        "an acceptance of a withdrawn version",
        lambda: thread(
            proposal(),
            counter(),
            move("en01-m03", "ars.dg", "withdrawal"),
            move("en01-m04", "og.dg", "acceptance", accepts="en01-m02"),
        ),
        "engagements[0].moves[3].accepts",
        "n’est plus la version sur la table",
    ),
    (
        "an acceptance of one's own text",
        lambda: thread(proposal(), move("en01-m02", "og.dg", "acceptance", accepts="en01-m01")),
        "engagements[0].moves[1].party_id",
        "son propre texte",
    ),
    (
        "a second acceptance",
        lambda: thread(
            proposal(),
            move("en01-m02", "ars.dg", "acceptance", accepts="en01-m01"),
            move("en01-m03", "ars.dg", "acceptance", accepts="en01-m01"),
        ),
        "engagements[0].moves[2].party_id",
        "déjà donné son accord",
    ),
    (
        "an acceptance by a drafter",
        lambda: thread(proposal(), move("en01-m02", "ars.redac", "acceptance", accepts="en01-m01")),
        "engagements[0].moves[1].member_id",
        "« ars.redac » n’a pas le droit",
    ),
    (
        "a proposal by a signatory",
        lambda: thread(move("en01-m01", "og.sign", "proposal", value=94)),
        "engagements[0].moves[0].member_id",
        "« og.sign » n’a pas le droit",
    ),
    (
        "a comment by a reader",
        lambda: thread(move("en01-m01", "og.lect", "comment")),
        "engagements[0].moves[0].member_id",
        "« og.lect » n’a pas le droit",
    ),
    (
        "a proposal by a party that isn't concerned",
        lambda: thread(move("en01-m01", "ddets.dg", "proposal", value=94)),
        "engagements[0].moves[0].party_id",
        "n’est pas concernée",
    ),
    (
        "a word among authorities by the gestionnaire",
        lambda: thread(move("en01-m01", "og.dg", "comment", visibility="authorities")),
        "engagements[0].moves[0].visibility",
        "seule une autorité",
    ),
    (
        "an acceptance given inside",
        lambda: thread(proposal(), move("en01-m02", "ars.dg", "acceptance", accepts="en01-m01", visibility="internal")),
        "engagements[0].moves[1].visibility",
        "partagé",
    ),
    (
        "a version number out of turn",
        lambda: thread(proposal(), counter(version=3)),
        "engagements[0].moves[1].version",
        "la version 3 suit la version 1",
    ),
    (
        "an internal draft with a version number",
        lambda: thread(proposal(visibility="internal")),
        "engagements[0].moves[0].version",
        "seule une proposition partagée",
    ),
    (
        "a counter-proposal before any version",
        lambda: thread(move("en01-m01", "og.dg", "counter_proposal", value=94)),
        "engagements[0].moves[0].type",
        "contre-proposition",
    ),
    (
        "a reserve lifted that was never made",
        lambda: thread(proposal(), move("en01-m02", "ars.dg", "reserve_lifted")),
        "engagements[0].moves[1].type",
        "pas de réserve",
    ),
    (
        "a date where a number is expected",
        lambda: thread(move("en01-m01", "og.dg", "proposal", value="2026-01-01")),
        "engagements[0].moves[0].value",
        "« 2026-01-01 » ne convient pas",
    ),
    (
        "a version of nothing",
        lambda: thread(move("en01-m01", "og.dg", "proposal", text="")),
        "engagements[0].moves[0].text",
        "le texte manque",
    ),
    (
        "a comment that names an accepted version",
        lambda: thread(proposal(), move("en01-m02", "ars.dg", "comment", accepts="en01-m01")),
        "engagements[0].moves[1].accepts",
        "seul un accord",
    ),
]


@pytest.mark.parametrize(("content", "path", "problem"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_nobody_could_have_played_is_refused(
    store: Store, content: Callable[[], Json], path: str, problem: str
) -> None:
    where, told = refused(store, content())
    assert where == path
    assert problem in told


def test_the_last_move_of_a_long_file_spoils_it_all(store: Store) -> None:
    content = sample(EHPAD)
    content["engagements"][14]["moves"][-1]["accepts"] = "en15-m01"
    where, _ = refused(store, content)
    assert where.startswith("engagements[14].moves[")


def test_a_fault_found_after_the_moves_leaves_nothing_either(store: Store) -> None:
    content = sample(EHPAD)
    content["follow_up"]["avenants"][0]["moves"][2]["accepts"] = "av1-m1"
    assert refused(store, content)[0] == "follow_up.avenants[0].moves[2].accepts"


def test_an_avenant_is_only_moved_by_who_may(store: Store) -> None:
    content = sample(EHPAD)
    content["follow_up"]["avenants"][0]["moves"][2]["member_id"] = "og.qual"
    assert refused(store, content)[0] == "follow_up.avenants[0].moves[2].member_id"


def test_an_accepted_engagement_names_its_last_version(store: Store) -> None:
    content = sample(HANDICAP)
    content["engagements"][2]["final_move_id"] = "en03-m03"
    where, problem = refused(store, content)
    assert where == "engagements[2].final_move_id"
    assert "la version 3" in problem


def test_nobody_enters_another_table_because_two_keys_make_one_address(store: Store) -> None:
    first, second = scenario() | {"key": "ma table"}, scenario() | {"key": "ma-table"}
    a_table(store, first)
    where, problem = refused(store, second)
    assert where == "parties[0].members[0].id"
    assert "og.dg@ma-table.example" in problem


def test_two_members_never_share_an_account(store: Store) -> None:
    content = scenario()
    content["parties"][1] = party("ars", {"dg": ["referent", "valideur"], "DG": ["lecteur"], "redac": ["redacteur"]})
    assert refused(store, content)[0] == "parties[1].members[1].id"


def test_a_refused_file_imports_once_it_is_put_right(store: Store) -> None:
    content = thread(proposal(), move("en01-m02", "ars.redac", "acceptance", accepts="en01-m01"))
    refused(store, content)
    content["engagements"][0]["moves"][1]["member_id"] = "ars.dg"
    a_table(store, content)
