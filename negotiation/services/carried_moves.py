"""What was said, tabled and agreed, row by row, against the facts that tell it (see `carried_proofs`)."""

from datetime import datetime
from typing import Any

from negotiation.events import KIND_OF_MOVE, Kind
from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.situation import Origin
from negotiation.rules.vocabulary import SHARED, TEXT_MOVES, ClauseState, Move, ReserveState
from negotiation.services.carried_facts import BY_FILE, Fact, Told, at_once, demand
from negotiation.store.queries.amendments import SIGNED_TEXT
from negotiation.store.queries.exchanges import WRITTEN

MADE = frozenset(KIND_OF_MOVE.values()) | {Kind.DRAFT_NOTED}
TABLED = tuple(KIND_OF_MOVE[move] for move in Move if move in TEXT_MOVES)
SETTLED_BY = {ReserveState.LIFTED: Move.RESERVE_LIFTED, ReserveState.MAINTAINED: Move.RESERVE_MAINTAINED}


def held_moves(told: Told) -> None:
    """Each move was made, in its circle, by that person, in those words; none that all read is missing."""
    facts = {(fact.circle, fact.said["move"]): fact for fact in told.facts if fact.said and fact.kind in MADE}
    recalled = {
        (fact.circle, fact.said["move"])
        for fact in told.facts
        if fact.said and fact.kind == Kind.WORDS_RECALLED and "move" in fact.said
    }
    versions = {row.id: row for row in told.rows("version")}
    rows = told.rows("move")
    for row in rows:
        fact = facts.get((row.circle, row.id))
        if fact is None:
            taken_back = row.recalled_at and (row.circle, row.id) in recalled
            demand("move", taken_back, not row.text, not row.motive)
        else:
            _require_move(told, row, fact, versions.get(row.version_id))
    shared = {row.id for row in rows if row.circle == str(SHARED)}
    demand("move", {move for circle, move in facts if circle == str(SHARED)} <= shared)


def _require_move(told: Told, row: Any, fact: Fact, version: Any) -> None:
    said = fact.said or {}
    is_shared = row.circle == str(SHARED)
    kind = KIND_OF_MOVE[row.type] if is_shared or row.type not in TEXT_MOVES else Kind.DRAFT_NOTED
    demand("move", fact.kind == kind, row.recalled_at is None, fact.actor in (told.member(row.member_id), BY_FILE))
    here = [row.clause_id, told.party(row.party_id), row.text, row.motive, row.reply_to_id, row.bundle]
    there = [*(said[name] for name in ("clause", "party", "text", "motive")), said.get("reply_to"), said.get("bundle")]
    demand("move", here[:4] == there[:4], here[4] in (None, there[4]), here[5] in (None, there[5]))
    at = said.get("declared_at")
    demand("move", row.at == datetime.fromisoformat(at) if at else at_once(row.at, fact.at))
    written = [[told.party(party), words] for party, words in row.attributes.get(WRITTEN, ())]
    demand("move", written == said.get(WRITTEN, []), row.type not in TEXT_MOVES or row.value == said["value"])
    if "version" in said:
        seen = [version.clause_id, version.number, version.fingerprint] if version else []
        demand("move", seen == [row.clause_id, said["version"], said["fingerprint"]])


def held_versions(told: Told) -> None:
    """Each text was tabled, in these words; an avenant starts from those that were signed."""
    facts = {(fact.said["clause"], fact.said["version"]): fact for fact in told.of(*TABLED)}
    rows = told.rows("version")
    for row in rows:
        demand("version", row.fingerprint == version_fingerprint(row.text, row.value))
        fact = facts.get((row.clause_id, row.number))
        if fact is None:
            demand("version", told.amends, row.number == 1, row.motive == SIGNED_TEXT, row.author_party_id is None)
            continue
        author = None if fact.said["origin"] == Origin.TABLE_COMMUNE else fact.said["party"]
        demand("version", row.fingerprint == fact.said["fingerprint"], told.party(row.author_party_id) == author)
        demand("version", row.motive == fact.said["motive"], fact.actor in (told.member(row.member_id), BY_FILE))
    demand("version", set(facts) <= {(row.clause_id, row.number) for row in rows})


def held_clauses(told: Told) -> None:
    """Where each clause stands is where the last fact left it; what is agreed is what a fact says agreed."""
    states: dict[str, str] = {}
    agreed: dict[str, int] = {}
    for fact in told.facts:
        if fact.circle == str(SHARED) and fact.said and "clause" in fact.said:
            if "state" in fact.said:
                states[fact.said["clause"]] = fact.said["state"]
            if fact.kind == Kind.CLAUSE_AGREED:
                agreed[fact.said["clause"]] = fact.said["version"]
    versions = {row.id: row for row in told.rows("version")}
    for row in told.rows("clause"):
        if row.circle != str(SHARED) or row.follows_id is not None:
            continue
        by_file = told.is_declared and row.attributes.get("declared") is True
        last, version = states.get(row.id), versions.get(row.agreed_version_id)
        demand("clause", all(versions[it].clause_id == row.id for it in _named(row)))
        if last is not None:
            demand("clause", row.state == last or by_file)
        elif row.state in (ClauseState.AGREED, ClauseState.REOPENED):
            signed = told.amends and version and version.number == 1 and version.motive == SIGNED_TEXT
            demand("clause", by_file or signed)
        if version is not None and not by_file:
            demand("clause", version.number == agreed.get(row.id, 1 if told.amends else 0))
        if row.state is ClauseState.AGREED and not by_file:
            demand("clause", version, row.current_version_id == row.agreed_version_id)


def _named(row: Any) -> list[str]:
    return [it for it in (row.current_version_id, row.agreed_version_id) if it is not None]


def held_reserves(told: Told) -> None:
    """Each reserve is a move, of that party, and was settled by one."""
    moves = {row.id: row for row in told.rows("move")}
    rows = told.rows("reserve")
    for row in rows:
        made = moves[row.move_id]
        said = [made.type, made.clause_id, made.party_id, made.text or made.motive]
        demand("reserve", said == [Move.RESERVE, row.clause_id, row.party_id, row.text])
        if by := SETTLED_BY.get(row.state):
            settled = moves[row.settled_by_move_id]
            demand("reserve", [settled.type, settled.clause_id] == [by, row.clause_id])
    demand("reserve", {row.move_id for row in rows} == {it.id for it in moves.values() if it.type is Move.RESERVE})


def held_messages(told: Told) -> None:
    """Each message was sent, in these words, by this person; a file's own are named by it."""
    facts = {(it.circle, it.said["message"]): it for it in told.facts if it.said and it.kind == Kind.MESSAGE_SENT}
    recalled = {it.said.get("message") for it in told.facts if it.said and it.kind == Kind.WORDS_RECALLED}
    for row in told.rows("message"):
        fact = facts.get((row.circle, row.id))
        if fact is not None:
            same = fact.said and fact.said["text"] == row.text
            demand("message", same, fact.actor == told.member(row.member_id), at_once(row.at, fact.at))
        else:
            by_file = told.is_declared and row.key is not None
            demand("message", by_file or (row.id in recalled and not row.text))


def held_consultations(told: Told) -> None:
    """What a party recorded here is told; the rest is a file's."""
    names = {"body": "body", "name": "body_name", "kind": "kind", "opinion": "opinion", "reserve": "reserve"}
    for row in told.rows("consultation"):
        if told.is_declared and row.key != row.id:
            continue
        said = {name: getattr(row, column) for name, column in names.items()} | {"party": row.party_key}
        days = {"on": row.on.isoformat(), "sent_on": row.sent_on.isoformat() if row.sent_on else None}
        facts = [fact.said for fact in told.of(Kind.CONSULTATION_RECORDED) if fact.said["change"] != "removed"]
        demand("consultation", any({**fact, **said, **days} == fact for fact in facts))
