"""Every screen of the history counts what the scenario files say: lists, plots, words and numbers counted again from
the file alone."""

import csv
import io
import re
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from negotiation.services.deriving import derive, is_waiting, keep
from negotiation.store import Announcing, Store
from tests.builders import Table, a_table
from tests.scenarios import EHPAD, HANDICAP, Json, sample
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
TEXTS = ("proposal", "counter_proposal")


def words(html: str) -> str:
    """What is read aloud, with plain spaces."""
    plain = unescape(re.sub(r"<[^>]+>", " ", html))
    return re.sub(r"[\s\u00a0\u202f]+", " ", plain).strip().replace("'", "’")


def rows(page: str, caption: str) -> list[list[str]]:
    """The cells of the body of the table of that caption."""
    body = re.search(rf"<caption[^>]*>{caption}.*?<tbody>(.*?)</tbody>", page, re.S)
    assert body, caption
    return [
        [words(cell) for cell in re.findall(r"<t[hd]\b.*?</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr.*?</tr>", body[1], re.S)
    ]


def shared(each: Json) -> list[Json]:
    return [move for move in each["moves"] if move["visibility"] == "shared"]


def texts(each: Json) -> list[Json]:
    return [move for move in shared(each) if move["type"] in TEXTS]


class Read:
    """The pages of an imported file, as the gestionnaire reads them, and what the file says."""

    def __init__(self, app: Flask, path: Path) -> None:
        self.file = sample(path)
        store: Store = app.extensions["store"]
        self.table: Table = a_table(store, sample(path))
        _work_out(store)
        self._visitor = Visitor(app).enter(self.table.og.dg.email)
        self.names = {party["id"]: party["short_name"] for party in self.file["parties"]}
        self.moved = [each for each in self.file["engagements"] if each["moves"]]

    def page(self, place: str) -> str:
        found = self._visitor.get(f"/negociations/{self.table.id}/{place}")
        assert found.status_code == 200, place
        return found.get_data().decode("utf-8-sig")

    def of_clause(self, each: Json, place: str) -> str:
        found = self._visitor.get(f"/clauses/{self.table.clause_id(each['id'])}/{place}")
        return found.get_data().decode("utf-8-sig") if found.status_code == 200 else ""


def _work_out(store: Store) -> None:
    while True:
        with store.reading() as session:
            if not is_waiting(session):
                return
            found = derive(session)
        with store.unit_of_work(Announcing.SILENT) as uow:
            keep(uow, found)


@pytest.fixture(params=[EHPAD, HANDICAP], ids=["ehpad", "handicap"])
def read(app: Flask, request: pytest.FixtureRequest) -> Read:
    return Read(app, request.param)


def test_the_screens_count_what_the_file_says(read: Read) -> None:
    """One test: a file is imported, and its past worked out, once."""
    _the_list_by_engagement(read)
    _the_glance(read)
    _the_trajectories(read)
    _who_wrote_what(read)


def _the_list_by_engagement(read: Read) -> None:
    listed = {row[0].partition(" ")[0]: row for row in rows(read.page("navettes"), "Clauses qui ont bougé")}
    side = {party["id"]: party["side"] for party in read.file["parties"]}
    for each in read.moved:
        seen = [
            move
            for move in each["moves"]
            if move["visibility"] == "shared"
            or (move["visibility"] == "internal" and side[move["party_id"]] == "gestionnaire")
        ]
        row = listed.get(each["code"])
        if not shared(each):
            continue
        assert row is not None, each["code"]
        assert row[2] == str(len(seen)), each["code"]
        assert read.names[seen[-1]["party_id"]].replace("'", "’") in row[3]


def _the_glance(read: Read) -> None:
    page = read.page("apercu?tout=1")
    moves = [move for each in read.moved for move in shared(each)]
    assert words(page).count(f"{len(moves)} étapes sur") == 1
    periods = rows(page, "Étapes par période et par partie")
    assert sum(int(cell) for row in periods for cell in row[1:]) == len(moves)
    by_party = Counter(move["party_id"] for move in moves)
    deciding = [party["id"] for party in read.file["parties"] if party["side"] != "associe"]
    assert [sum(int(row[at]) for row in periods) for at in range(1, len(deciding) + 1)] == [
        by_party[party] for party in deciding
    ]
    several = {each["code"]: len(texts(each)) for each in read.moved if len(texts(each)) > 1}
    for row in rows(page, "Premier nombre de chaque partie"):
        percents = [cell for cell in row[1 : len(deciding) + 2] if cell.endswith("%")]
        assert all(cell == "–" or "point" in cell for cell in row[len(deciding) + 2 :]) or not percents, row
    most = {row[0].partition(" ")[0]: int(row[1]) for row in rows(page, "Clauses qui ont connu plusieurs textes")}
    assert most == several


def _the_trajectories(read: Read) -> None:
    for each in read.moved:
        lines = list(csv.DictReader(io.StringIO(read.of_clause(each, "trajectoire.csv")), delimiter=";"))
        told = [line["valeur"] for line in lines if line["geste"] in ("valeur proposée", "valeur retirée")]
        values = [move["value"] for move in texts(each) if isinstance(move["value"], int | float)]
        assert [float(value.replace(",", ".")) for value in told] == values, each["code"]


def _who_wrote_what(read: Read) -> None:
    letters = {party["short_name"]: party["id"] for party in read.file["parties"]}
    for each in [one for one in read.moved if texts(one)]:
        page = read.page(f"provenance?partie={read.table.clause(each['id']).part_id}")
        clause_id = read.table.clause_id(each["id"])
        section = re.search(rf'aria-labelledby="clause-{clause_id}">(.*?)</section>', page, re.S)
        if each["status"] == "withdrawn":
            assert not section, "it says nothing any more"
            continue
        assert section, each["code"]
        passages = rows(section[1], "Passages de ")
        last = texts(each)[-1]
        if each["status"] == "accepted":
            standing = {move["id"]: move for move in texts(each)}
            last = next(
                (standing[move["accepts"]] for move in reversed(shared(each)) if move["type"] == "acceptance"), last
            )
        assert _letters("".join(row[0] for row in passages)) == _letters(last["text"]), each["code"]
        authors = {move["party_id"] for move in texts(each)}
        told = {letters.get(row[1].partition(" ")[2]) for row in passages} - {None}
        assert told <= authors, each["code"]
        if len(authors) == 1:
            assert told == authors


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()
