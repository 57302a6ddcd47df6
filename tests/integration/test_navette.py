"""La navette says what the scenario files say, step by step and number by number, and to nobody more than is his."""

import re
from datetime import datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from flask import Flask

from negotiation.documents.engagement_print import EngagementFile
from negotiation.rules.vocabulary import SHARED, Move, PartKind
from negotiation.services.adding import NewPart, add_part
from negotiation.store.queries.clauses import cards_of_part
from negotiation.store.queries.navette import steps_of
from tests.builders import Table, a_table
from tests.scenarios import EHPAD, HANDICAP, Json, engagement, move, sample
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
CANARY = "canari-navette-5c1e"
TABLES_TEXT = ("proposal", "counter_proposal")


def navette(table: Table, name: str, more: str = "") -> str:
    return f"/clauses/{table.clause_id(name)}/{more or 'navette'}"


def words(html: str) -> str:
    """What the eye reads, with plain spaces."""
    seen = re.sub(r'<(span|b|svg)\b[^>]*(class="vh"|aria-hidden="true")[^>]*>((?!</\1>).)*</\1>', "", html, flags=re.S)
    plain = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?sup>", "", seen)))
    return re.sub(r"[\s\u00a0\u202f]+", " ", plain).strip().replace("'", "’")


def rows(page: str, caption: str) -> list[str]:
    """The body of the table of that caption, a line a row."""
    body = re.search(rf"<caption[^>]*>{caption}.*?<tbody>(.*?)</tbody>", page, re.S)
    return [words(row) for row in re.findall(r"<tr.*?</tr>", body[1], re.S)] if body else []


def unmarked(page: str) -> str:
    """But for the token of its forms."""
    return re.sub(r'(name="csrf_token" value|name="(csrf|socket)-token" content)="[^"]*"', "", page)


# ---------------------------------------------------------------------- the files, counted again


def readable(file: Json, each: Json, party: str) -> list[Json]:
    """The moves that a party reads, by the file alone."""
    side = {one["id"]: one["side"] for one in file["parties"]}

    def reads(told: Json) -> bool:
        if told["visibility"] == "authorities":
            return side[party] == "autorite"
        return told["visibility"] == "shared" or told["party_id"] == party

    return [told for told in each["moves"] if reads(told)]


def held(file: Json, each: Json, told: Json) -> bool:
    """Whether it was played in a séance that names the engagement."""
    at = datetime.fromisoformat(told["at"])
    sessions = [session for session in file["sessions"] if session["id"] in each["session_ids"]]
    return told["visibility"] == "shared" and any(
        f"{session['date']}T{session['start']}" <= f"{at:%Y-%m-%dT%H:%M}" <= f"{session['date']}T{session['end']}"
        for session in sessions
    )


def positions(each: Json) -> dict[str, list[object]]:
    """Each party's values, its acceptances among them, as the file tells them; one held twice in a row is said once."""
    value, found = None, {}
    for told in each["moves"]:
        if told["visibility"] == "shared" and told["type"] in (*TABLES_TEXT, "acceptance"):
            value = told["value"] if told["type"] in TABLES_TEXT else value
            path = found.setdefault(told["party_id"], [])
            if value is not None and path[-1:] != [value]:
                path.append(value)
    return found


def french(number: object) -> str:
    whole, _, decimals = f"{number:,}".partition(".")
    return whole.replace(",", " ") + (f",{decimals}" if decimals.strip("0") else "")


@pytest.mark.parametrize("path", [EHPAD, HANDICAP], ids=["ehpad", "handicap"])
def test_every_count_and_number_is_that_of_the_file(app: Flask, path: Path) -> None:
    file = sample(path)
    table = a_table(app.extensions["store"], sample(path))
    og, names = Visitor(app).enter(table.og.dg.email), {one["id"]: one["short_name"] for one in file["parties"]}
    for each in file["engagements"]:
        page = og.get(navette(table, each["id"])).text
        told = readable(file, each, "og")
        listed = rows(page, "Les mêmes étapes en tableau")
        assert len(listed) == len(told) == page.count('<div id="etape-'), each["id"]
        assert words(page).count(" en séance ") >= sum(held(file, each, one) for one in told)
        for row, one in zip(listed, told, strict=True):
            assert names[one["party_id"]] in row
            if one["type"] in TABLES_TEXT and one["visibility"] == "shared":
                assert f"version {one['version']}" in row, row
            assert ("non" not in row[-4:]) == held(file, each, one), (each["id"], row)
            assert words(one["rationale"] or "")[:20] in row
        _compare_numbers(each, page, names)


def _compare_numbers(each: Json, page: str, names: dict[str, str]) -> None:
    values = rows(page, "Les valeurs, tour par tour")
    if not any(isinstance(one["value"], int | float) for one in each["moves"]):
        assert values == []
        return
    summary = words(re.search(r'<p class="summary">(.*?)</p>', page, re.S)[1])  # type: ignore[index]
    gone = any(one["type"] == "withdrawal" for one in each["moves"])
    for party, path in positions(each).items():
        if path and not gone:
            assert f"{names[party]} : {' → '.join(french(value) for value in path)}" in summary, (each["id"], summary)
    if each["status"] == "accepted":
        assert f"accord : {french(each['numeric']['final'])}" in summary
        assert [row for row in values if row.startswith("Accord ")]
    shared = [one for one in each["moves"] if one["visibility"] == "shared"]
    proposed = [one for one in shared if one["type"] in TABLES_TEXT and one["value"] is not None]
    assert len([row for row in values if re.search(r"\bVersion \d", row)]) == len(proposed)


def test_the_files_to_take_away_say_the_same(app: Flask) -> None:
    file = sample(EHPAD)
    table = a_table(app.extensions["store"], sample(EHPAD))
    og = Visitor(app).enter(table.og.dg.email)
    lines = og.get(navette(table, "en01", "trajectoire.csv")).get_data().decode("utf-8-sig").splitlines()
    assert [line.split(";")[6] for line in lines[1:7]] == ["97", "94", "95", "95", "95", "95"]
    drawing = ElementTree.fromstring(og.get(navette(table, "en01", "trajectoire.svg")).data)
    assert {"Département : 97 → 95"} <= {part.strip().replace("\xa0%", "") for part in _desc(drawing).split(";")}
    assert og.get(navette(table, "en07", "trajectoire.svg")).status_code == 404, "a text has no plot"
    for interne, circles in (("", ("shared",)), ("?interne=1", ("shared", "internal"))):
        book = og.get(f"/negociations/{table.id}/historique.xlsx{interne}").data
        counted = [
            one for each in file["engagements"] for one in readable(file, each, "og") if one["visibility"] in circles
        ]
        assert len(sheet_rows(book)) == len(counted) + 1


def _desc(drawing: ElementTree.Element) -> str:
    return drawing.findtext("{http://www.w3.org/2000/svg}desc") or ""


def sheet_rows(book: bytes) -> list[ElementTree.Element]:
    with ZipFile(BytesIO(book)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return list(sheet.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}row"))


# ---------------------------------------------------------------------- addresses, filters, bad input


@pytest.fixture
def table(app: Flask) -> Table:
    """en01: a long navette, imported without motives; en02: two texts, agreed; en03: nothing yet."""
    talk = [move(f"en01-m{number:03}", "ars.dg", "comment", "Une remarque.") for number in range(2, 62)]
    opening = move("en01-m001", "og.dg", "proposal", "Nous visons 93 %.", value=93) | {"rationale": None}
    target = {"type": "clause", "id": "k01"}
    written = [
        engagement(
            "en01", {"type": "indicator", "id": "i01", "field": "targets.2028"}, ["og", "ars"], [opening, *talk]
        ),
        engagement("en02", target, ["og", "ars"]),
        engagement("en03", target, ["og", "ars"]),
    ]
    found = a_table(app.extensions["store"], engagements=written)
    found.og.dg.propose("en02", "Six places.")
    found.ars.dg.counter("en02", "Deux places.", motive="Le financement manque.")
    found.og.dg.accept("en02")
    return found


def test_each_step_has_an_address_that_finds_its_page(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.dg.email)
    seen: list[str] = []
    address: str | None = navette(table, "en01")
    while address:
        page = reader.get(address).text
        seen = re.findall(r'<div id="etape-([^"]+)"', page) + seen
        older = re.search(r'href="([^"]+)" rel="prev"', page)
        address = f"{navette(table, 'en01')}{unescape(older[1]).partition('#')[0]}" if older else None
    assert len(seen) == len(set(seen)) == 61
    for step in (seen[0], seen[30], seen[-1]):
        sent = reader.get(navette(table, "en01") + f"?etape={step}&comparer=premiere")
        assert sent.status_code == 302 and sent.location.endswith(f"#etape-{step}")
        assert "comparer=premiere" in sent.location
        assert f'id="etape-{step}"' in reader.get(sent.location).text


def test_all_of_a_navette_is_on_one_page_when_asked(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.dg.email)
    link = re.search(r'href="([^"]*tout=1)#etapes"', reader.get(navette(table, "en01")).text)
    assert link
    page = reader.get(unescape(link[1])).text
    assert page.count('<div id="etape-') == 61 == len(rows(page, "Les mêmes étapes en tableau"))
    assert 'rel="prev"' not in page
    sent = reader.get(unescape(link[1]) + "&etape=version-1")
    assert "tout=1" in sent.location and "page=" not in sent.location


def test_a_long_navette_is_told_once_while_nothing_moves(
    app: Flask, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        "app.pages.navette.steps_of", lambda *given: (told.append(given[1].party_id), steps_of(*given))[1]
    )
    reader, other = (Visitor(app).enter(person.email) for person in (table.cd.dg, table.og.dg))
    for asked in ("", "?page=1", f"?partie={table.ars.id}", "?comparer=premiere"):
        reader.get(navette(table, "en01") + asked)
    assert told == [table.cd.id]
    table.og.dg.note("en01", CANARY)
    assert CANARY in other.get(navette(table, "en01")).text
    reader.get(navette(table, "en01"))
    assert told == [table.cd.id, table.og.id], "what is inside a party doesn't make the others read again"
    table.ars.dg.play(Move.COMMENT, "en02", "Dit ailleurs.", circle=SHARED)
    reader.get(navette(table, "en01"))
    assert told == [table.cd.id, table.og.id], "nor does what moves on another clause"
    table.ars.dg.play(Move.COMMENT, "en01", "Dit à tous.", circle=SHARED)
    assert "Dit à tous." in reader.get(navette(table, "en01")).text


def test_a_version_has_an_address_too(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.dg.email)
    sent = reader.get(navette(table, "en02") + "?etape=version-2")
    step = sent.location.partition("#")[2]
    assert re.search(rf'<div id="{step}"[^>]*>\s*<p class="step-title" id="version-2"', reader.get(sent.location).text)
    assert reader.get(navette(table, "en02") + "?etape=version-9").status_code == 404


def test_what_the_address_asks_wrongly_is_said_in_a_sentence(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.dg.email)
    lost = reader.get(navette(table, "en02", "navette?etape=inconnue"))
    assert lost.status_code == 404 and "Cette étape n’existe pas" in words(lost.text)
    for asked in ("partie=x", "phase=x", "seance=x", f"partie={table.cd.id}"):
        assert "Ce filtre ne désigne rien" in words(reader.get(navette(table, "en02", f"navette?{asked}")).text)
    assert "aussi ancienne" in words(reader.get(navette(table, "en02", "navette?page=9")).text)
    none = reader.get(navette(table, "en02", f"navette?partie={table.ars.id}&seance=toutes")).text
    assert "Aucune étape ne répond à ces filtres." in words(none)
    assert "Aucun échange encore" in words(reader.get(navette(table, "en03")).text)
    oldest = words(reader.get(navette(table, "en01", "navette?page=3")).text)
    assert "ne donne pas les motifs" in oldest and "une seule valeur jusqu’ici" in oldest
    assert 'class="plot"' in reader.get(navette(table, "en01")).text, "the lanes"
    assert 'aria-label="Graphique' not in reader.get(navette(table, "en01")).text, "one value is a sentence"


def test_steps_are_compared_with_the_one_before_or_with_the_first(app: Flask, table: Table) -> None:
    table.ars.dg.play(Move.REOPENING, "en02", motive="Un fait nouveau.")
    table.og.dg.consent("en02")
    table.og.dg.propose("en02", "Six places en 2027.")
    page = words(Visitor(app).enter(table.cd.dg.email).get(navette(table, "en02")).text)
    first = words(Visitor(app).enter(table.cd.dg.email).get(navette(table, "en02", "navette?comparer=premiere")).text)
    assert "Comparé à la version 2" in page and "Comparé à la version 2" not in first
    assert first.count("Comparé à la version 1") == 2
    for said in (
        "Accord complet",
        "Clause rouverte",
        "Répond à ARS en moins d’un jour ouvré",
        "Le financement manque.",
    ):
        assert said in page.replace("à l’ARS", "à ARS"), said


def test_an_inside_step_is_read_by_its_party_and_moves_nothing_else(app: Flask, table: Table) -> None:
    """Bytes, counts, delays, plots, files: the others read what they read before."""
    og, ars = (Visitor(app).enter(person.email) for person in (table.og.dg, table.ars.dg))
    addresses = [navette(table, "en02", more) for more in ("navette", "trajectoire.csv", "dossier.pdf?interne=1")]
    addresses += [f"/negociations/{table.id}/historique.xlsx?interne=1", f"/clauses/{table.clause_id('en01')}/navette"]
    before = [unmarked(ars.get(address).get_data().decode("latin-1")) for address in addresses]
    drawn = re.findall(r"<svg xmlns.*?</svg>", og.get(addresses[0]).text, re.S)
    step = table.og.dg.note("en02", CANARY).move_id
    table.og.dg.note("en01", CANARY)
    for address, was in zip(addresses, before, strict=True):
        assert unmarked(ars.get(address).get_data().decode("latin-1")).splitlines() == was.splitlines(), address
    assert ars.get(f"{addresses[0]}?etape={step}").status_code == 404
    assert unmarked(ars.get(f"{addresses[0]}?etape={step}").text) == unmarked(
        ars.get(f"{addresses[0]}?etape=inconnue").text
    )
    own = og.get(addresses[0]).text
    assert CANARY in own and "Interne" in words(own) and "et 1 que les autres parties ne voient pas" in words(own)
    assert re.findall(r"<svg xmlns.*?</svg>", own, re.S) == drawn, "plots show what is shared"
    quiet, whole = (og.get(f"/negociations/{table.id}/historique.xlsx{more}").data for more in ("", "?interne=1"))
    assert len(sheet_rows(whole)) == len(sheet_rows(quiet)) + 2
    assert (
        og.get(navette(table, "en02", "dossier.pdf")).data
        != og.get(navette(table, "en02", "dossier.pdf?interne=1")).data
    )


def test_the_file_of_one_engagement_is_the_same_for_the_same_content(app: Flask, table: Table) -> None:
    found = [Visitor(app).enter(table.cd.dg.email).get(navette(table, "en02", "dossier.pdf")) for _ in range(2)]
    assert found[0].data == found[1].data
    assert found[0].data.startswith(b"%PDF-") and found[0].mimetype == "application/pdf"
    table.og.dg.note("en03", "Une note \U0001f600 que les polices n’ont pas.")
    own = Visitor(app).enter(table.og.dg.email).get(navette(table, "en03", "dossier.pdf?interne=1"))
    assert own.status_code == 200


def test_the_file_of_what_is_still_inside_says_so(app: Flask, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """No step of it is played yet: its name alone is what the others don't know."""
    printed: list[EngagementFile] = []
    monkeypatch.setattr("app.pages.engagement_file.print_engagement", lambda content: printed.append(content) or b"")
    with table.store.unit_of_work() as uow:
        part_id = add_part(uow, table.og.dg.actor, NewPart(PartKind.ARTICLE, "Chez nous", None, table.og.inside))
    with table.store.reading() as session:
        (card,) = cards_of_part(session, table.og.dg.actor, part_id)
    og = Visitor(app).enter(table.og.dg.email)
    for clause_id in (card.id, table.clause_id("en02")):
        assert og.get(f"/clauses/{clause_id}/dossier.pdf").status_code == 200
    assert [bool(content.inside_of) for content in printed] == [True, False]
