"""A file that isn't of the format is refused with the path of the fault, in French."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from negotiation.errors import InvalidFile
from negotiation.services.importing import reading
from negotiation.services.importing.people import email_of
from negotiation.services.importing.reading import MAX_BYTES, ROOT, each, parse_scenario, read_scenario
from negotiation.services.importing.references import check_references
from tests.scenarios import EHPAD, HANDICAP, Json, as_bytes, engagement, move, scenario


def refused(data: bytes) -> tuple[str, str]:
    with pytest.raises(InvalidFile) as refusal:
        check_references(parse_scenario(data).content)
    return str(refusal.value.detail["path"]), str(refusal.value.detail["problem"])


def spoilt(path: str, value: Any, content: Json | None = None) -> bytes:
    """A small scenario with one value changed; `path` like `parties.0.kind`."""
    content = content or scenario(engagements=[an_engagement()])
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    holder: Any = content
    for step in steps:
        holder = holder[step]
    holder[last] = value
    return as_bytes(content)


def an_engagement() -> Json:
    moves = [move("en01-m01", "og.dg", "proposal", value=94), move("en01-m02", "ars.dg", "comment")]
    return engagement("en01", {"type": "indicator", "id": "i01", "field": "targets.2028"}, ["og", "ars"], moves)


@pytest.mark.parametrize("path", [EHPAD, HANDICAP])
def test_the_packaged_scenarios_are_sound(path: Path) -> None:
    check_references(read_scenario(path).content)


def test_the_packaged_schema_is_the_one_that_is_read() -> None:
    assert reading.schema()["title"] == "cpom-scenario/1"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "ce n’est pas du JSON"),
        (b"{", "ce n’est pas du JSON"),
        (b"PK\x03\x04 not json", "ce n’est pas du JSON"),
        (b"\xff\xfe{\x00}\x00", "UTF-8"),
        (b"[1, 2]", "attendu : un objet"),
        (b"null", "attendu : un objet"),
        (b"[" * 100_000, "imbrication"),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "imbrication"),
        (b"[" * 20 + b"]" * 20, "imbrication"),
    ],
)
def test_what_is_no_json_object_is_refused_whole(data: bytes, problem: str) -> None:
    path, told = refused(data)
    assert path == ROOT or path.startswith(("$[", "a"))
    assert problem in told


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999999", "9" * 5000, "1e300", "0.1234567"])
def test_a_number_that_is_none_is_refused_where_it_stands(number: str) -> None:
    data = as_bytes(scenario()).replace(b'"duration_years": 3', f'"duration_years": {number}'.encode())
    path, problem = refused(data)
    assert path == "negotiation.duration_years"
    assert "nombre" in problem


def test_a_key_written_twice_is_refused_where_it_stands() -> None:
    data = as_bytes(scenario()).replace(b'"territory": "Ici"', b'"territory": "Ici", "territory": "Ailleurs"')
    assert refused(data) == ("negotiation.territory", "la clé est écrite deux fois")


@pytest.mark.parametrize("sign", ["\u202e", "\u0000", "\u200b", "\ud800"])
def test_a_text_that_hides_something_is_refused(sign: str) -> None:
    content = scenario()
    content["parties"][1]["name"] = f"ARS{sign} nom"
    path, problem = refused(json.dumps(content).encode())
    assert path == "parties[1].name"
    assert "caractère invisible" in problem


@pytest.mark.parametrize(
    ("path", "value", "where", "problem"),
    [
        ("surprise", 1, "surprise", "clé inconnue"),
        ("engagements.0.moves.1.surprise", 1, "engagements[0].moves[1].surprise", "clé inconnue"),
        ("indicators.0.targets.deux mille", 1, "indicators[0].targets.deux mille", "clé inconnue"),
        ("format", "cpom-scenario/2", "format", "valeur inconnue"),
        ("parties.0.kind", "MAIRIE", "parties[0].kind", "valeur inconnue « MAIRIE »"),
        ("parties.0.name", 12, "parties[0].name", "attendu : un texte"),
        ("parties", {}, "parties", "attendu : une liste"),
        ("indicators.0.mandatory", "oui", "indicators[0].mandatory", "attendu : vrai ou faux"),
        ("indicators.0.final_target", True, "indicators[0].final_target", "attendu : un nombre"),
        ("negotiation.opened_on", "2026-02-30", "negotiation.opened_on", "la date « 2026-02-30 » n’existe pas"),
        ("negotiation.opened_on", "30/02/2026", "negotiation.opened_on", "n’a pas la forme attendue (AAAA-MM-JJ)"),
        ("essms.0.authorised_until", "2026-13-01", "essms[0].authorised_until", "n’existe pas"),
        ("essms.0.authorised_until", 5, "essms[0].authorised_until", "attendu : une date ou rien"),
        ("engagements.0.numeric", {"unit": "%"}, "engagements[0].numeric.label", "clé manquante"),
        ("engagements.0.moves.0.at", "2026-02-30T10:00", "engagements[0].moves[0].at", "n’existe pas"),
        ("engagements.0.moves.0.at", "2026-02-20T25:00", "engagements[0].moves[0].at", "n’existe pas"),
        ("engagements.0.moves.0.at", "2026-02-20", "engagements[0].moves[0].at", "AAAA-MM-JJTHH:MM"),
        ("engagements.0.moves.0.n", 1.5, "engagements[0].moves[0].n", "nombre entier"),
        ("essms.0.total_places", 40.5, "essms[0].total_places", "nombre entier"),
        ("negotiation.signed_on", "2025-01-01", "negotiation.signed_on", "précède"),
        ("negotiation.contract_end", "2026-01-01", "negotiation.contract_end", "précède"),
    ],
)
def test_a_wrong_key_type_or_date_is_named_by_its_path(path: str, value: Any, where: str, problem: str) -> None:
    found, told = refused(spoilt(path, value))
    assert found == where
    assert problem in told


def test_a_missing_key_is_named_by_its_path() -> None:
    content = scenario()
    del content["indicators"][0]["baseline"]["year"]
    assert refused(as_bytes(content)) == ("indicators[0].baseline.year", "clé manquante")


@pytest.mark.parametrize(
    ("path", "value", "where", "problem"),
    [
        ("fiches_action.0.indicator_ids", ["i99"], "fiches_action[0].indicator_ids[0]", "« i99 » ne désigne pas"),
        ("essms.0.funder_party_ids", ["og.dg"], "essms[0].funder_party_ids[0]", "ne désigne pas une partie"),
        ("engagements.0.target.id", "k01", "engagements[0].target.id", "ne désigne pas un indicateur"),
        ("engagements.0.debtor_party_id", "xx", "engagements[0].debtor_party_id", "ne désigne pas une partie"),
        ("engagements.0.session_ids", ["se9"], "engagements[0].session_ids[0]", "ne désigne pas une séance"),
        ("engagements.0.final_move_id", "x", "engagements[0].final_move_id", "ne désigne pas un mouvement"),
        ("engagements.0.party_ids", [], "engagements[0].party_ids", "au moins une partie"),
        ("engagements.0.party_ids", ["og", "og"], "engagements[0].party_ids[1]", "deux fois"),
        ("cadrage.governance.referents", {"og": "ars.dg"}, "cadrage.governance.referents.og", "n’est pas un membre"),
        ("cadrage.governance.referents", {"og": "og.dg", "dreets": "og.dg"}, "cadrage.governance.referents.dreets", ""),
        ("parties.0.members.0.party_id", "ars", "parties[0].members[0].party_id", "est écrit dans la partie"),
        ("clauses.0.id", "i01", "clauses[0].id", "existe déjà"),
        ("clauses.0.id", "", "clauses[0].id", "sans espace"),
        ("clauses.0.id", "k" * 81, "clauses[0].id", "80 caractères"),
        ("key", "", "key", "vide"),
        ("engagements.0.moves.1.member_id", "og.dg", "engagements[0].moves[1].member_id", "n’est pas membre"),
        ("engagements.0.moves.1.n", 1, "engagements[0].moves[1].n", "suit le numéro 1"),
        ("engagements.0.moves.1.at", "2026-03-01T10:00", "engagements[0].moves[1].at", "précède"),
        ("engagements.0.moves.1.reply_to", "en01-m02", "engagements[0].moves[1].reply_to", "mouvement antérieur"),
        ("engagements.0.moves.0.visibility", "internal", "", ""),
    ],
)
def test_what_does_not_hold_together_is_named_by_its_path(path: str, value: Any, where: str, problem: str) -> None:
    if not where:
        check_references(parse_scenario(spoilt(path, value)).content)
        return
    found, told = refused(spoilt(path, value))
    assert found == where
    assert problem in told


def test_a_shared_move_never_names_what_only_one_side_reads() -> None:
    inner = an_engagement()
    inner["moves"][0]["visibility"], inner["moves"][1]["reply_to"] = "internal", "en01-m01"
    path, problem = refused(as_bytes(scenario(engagements=[inner])))
    assert path == "engagements[0].moves[1].reply_to"
    assert "visible" in problem


def test_an_associated_partner_decides_nothing() -> None:
    one = engagement("en01", {"type": "clause", "id": "k01"}, ["og", "asso"])
    path, problem = refused(as_bytes(scenario(parties=["og", "ars", "asso"], engagements=[one])))
    assert path == "engagements[0].party_ids[1]"
    assert "associé" in problem


@pytest.mark.parametrize("missing", ["og", "ars"])
def test_a_table_needs_both_sides(missing: str) -> None:
    content = scenario(parties=2, engagements=[])
    content["parties"] = [party for party in content["parties"] if party["id"] != missing]
    text = json.dumps(content).replace(f'"{missing}"', '"og"' if missing == "ars" else '"ars"')
    text = text.replace(f'"{missing}.', '"og.' if missing == "ars" else '"ars.')
    content = json.loads(text)
    content["cadrage"]["governance"]["referents"] = {"og": "og.dg"} if missing == "ars" else {"og": "ars.dg"}
    with pytest.raises(InvalidFile) as refusal:
        check_references(parse_scenario(as_bytes(content)).content)
    assert refusal.value.detail["path"] in ("parties", "cadrage.governance.referents.og")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(InvalidFile) as refusal:
        read_scenario(huge)
    assert refusal.value.detail["problem"] == "le fichier dépasse 20 Mo"
    assert MAX_BYTES == 20 * 1024 * 1024


@pytest.mark.parametrize("kind", ["absent", "folder", "pipe"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(InvalidFile) as refusal:
        read_scenario(path)
    assert refusal.value.detail["path"] == ROOT


def test_a_byte_order_mark_is_no_fault() -> None:
    parse_scenario(b"\xef\xbb\xbf" + as_bytes(scenario()))


def test_a_pattern_names_every_place_and_skips_what_is_absent() -> None:
    content = {"a": [{"b": {"c": [1, 2]}}, {"b": {}}], "d": None}
    assert list(each(content, "a[].b.c[]")) == [("a[0].b.c[0]", 1), ("a[0].b.c[1]", 2)]
    assert list(each(content, "d.e")) == []


def test_an_address_holds_only_what_an_address_may() -> None:
    assert email_of("og.dg", "ehpad") == "og.dg@ehpad.example"
    assert email_of("OG.Directrice générale", "CHRS d’Été") == "og.directrice-generale@chrs-dete.example"
    assert email_of("..", "--") == "x@x.example"
