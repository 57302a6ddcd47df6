"""Parts prepared inside: written, seen and deleted by their circle alone, then put on the table whole."""

import json

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AlreadyDone, CannotShape, NotFound, NotShared
from negotiation.rules.vocabulary import (
    AUTHORITIES,
    SHARED,
    Circle,
    ClauseState,
    Gesture,
    Move,
    Notice,
    PartKind,
    Role,
    ValueKind,
    VisaState,
)
from negotiation.services.adding import NewClause, NewPart, add_clause, add_part
from negotiation.services.drafting import LiveDrafts, drafted_clauses, open_draft
from negotiation.services.inside_parts import delete_inside, share_part, write_working
from negotiation.services.moves import Order, play
from negotiation.services.notifying import notices_told
from negotiation.services.shaping import drop_part, rename_part
from negotiation.services.visas import give_visas, refuse_visas, set_visa_rule
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.inside import VisaRequest
from negotiation.store.people import Member
from negotiation.store.queries.clauses import cards_of_part
from negotiation.store.queries.closing import shared_head
from negotiation.store.queries.negotiations import plan_of
from negotiation.store.queries.notice_facts import facts_of
from negotiation.store.queries.parts import part_view
from negotiation.store.record import HistoryEntry
from negotiation.store.talk import SearchEntry
from tests.builders import Person, Table, a_table

FICHE = "fa01"


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=3)


def doing(table: Table, person: Person, verb, *given, **named):  # type: ignore[no-untyped-def]
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        return verb(uow, person.actor, *given, **named)


def prepares(table: Table, person: Person, circle: Circle, kind: PartKind = PartKind.INDICATOR) -> str:
    parent = table.part_id(FICHE) if kind is PartKind.INDICATOR else None
    part_id: str = doing(table, person, add_part, NewPart(kind, "Préparé chez nous", parent, circle))
    return part_id


def field(table: Table, part_id: str, name: str) -> Clause:
    with table.store.reading() as session:
        query = select(Clause).where(col(Clause.part_id) == part_id, col(Clause.field) == name)
        return session.execute(query).scalar_one()


def chain(table: Table, circle: Circle) -> list[tuple[str, dict[str, object]]]:
    with table.store.reading() as session:
        query = select(HistoryEntry).where(
            col(HistoryEntry.negotiation_id) == table.id, col(HistoryEntry.circle) == str(circle)
        )
        rows = session.execute(query.order_by(col(HistoryEntry.sequence))).scalars()
        return [(row.kind, json.loads(row.payload or "{}")) for row in rows]


def test_a_part_prepared_inside_exists_for_its_circle_alone(table: Table) -> None:
    with table.store.reading() as session:
        before = shared_head(session, table.id)
    ours = prepares(table, table.og.redac, table.og.inside)
    theirs = prepares(table, table.ars.dg, AUTHORITIES)
    with table.store.reading() as session:
        assert shared_head(session, table.id) == before
        seen = {
            key: {entry.id for entry in plan_of(session, getattr(table, key).dg.actor)} for key in ("og", "ars", "cd")
        }
        with pytest.raises(NotFound):
            part_view(session, table.ars.dg.actor, ours)
    assert [ours in seen[key] for key in ("og", "ars", "cd")] == [True, False, False]
    assert [theirs in seen[key] for key in ("og", "ars", "cd")] == [False, True, True]
    for verb in (rename_part, drop_part, delete_inside, share_part):
        given = ("Autre",) if verb is rename_part else ()
        with pytest.raises(NotFound):
            doing(table, table.ars.dg, verb, ours, *given)


def test_an_inside_part_moves_no_number_of_what_is_shared(table: Table) -> None:
    def numbers() -> list[tuple[str, int]]:
        with table.store.reading() as session:
            query = select(Part).where(col(Part.circle) == str(SHARED)).order_by(col(Part.id))
            return [(part.id, part.position) for part in session.execute(query).scalars()]

    before = numbers()
    prepares(table, table.og.dg, table.og.inside, PartKind.ARTICLE)
    assert numbers() == before
    shared = doing(table, table.ars.dg, add_part, NewPart(PartKind.ARTICLE, "Sur la table"))
    with table.store.reading() as session:
        codes = select(col(Part.code)).where(col(Part.kind) == PartKind.ARTICLE, col(Part.circle) == str(SHARED))
        numbered = [int(code) for code in session.execute(codes).scalars() if code.isdecimal()]
        assert int(session.get_one(Part, shared).code) == max(numbered) == len(set(numbered))


def test_what_is_written_inside_is_chained_inside(table: Table) -> None:
    part = prepares(table, table.og.redac, table.og.inside)
    target = field(table, part, "final_target")
    doing(table, table.og.redac, write_working, target.id, text="", value="95,5")
    doing(table, table.og.redac, write_working, field(table, part, "definition").id, text="Ce  qui compte.")
    assert field(table, part, "final_target").working_value == "95.5"
    kinds = [kind for kind, _ in chain(table, table.og.inside)]
    assert kinds[-3:] == ["part.added", "clause.written", "clause.written"]
    assert chain(table, table.og.inside)[-1][1]["fingerprint"]
    with pytest.raises(NotFound):
        doing(table, table.ars.dg, write_working, target.id, text="", value="1")


def test_what_is_on_the_table_is_written_by_moves_only(table: Table) -> None:
    with pytest.raises(CannotShape):
        doing(table, table.og.dg, write_working, table.clause_id(f"{FICHE}.description"), text="En douce.")


def test_no_move_is_played_on_what_is_inside(table: Table) -> None:
    clause = field(table, prepares(table, table.og.dg, table.og.inside), "definition")
    with pytest.raises(NotShared):
        doing(table, table.og.dg, play, clause.id, Order(Move.PROPOSAL, text="Un texte."))


def test_put_on_the_table_every_written_clause_is_our_proposal(table: Table) -> None:
    part = prepares(table, table.og.redac, table.og.inside)
    definition = field(table, part, "definition")
    doing(table, table.og.redac, write_working, definition.id, text="Les jours d’ouverture.")
    engagement = doing(
        table, table.og.redac, add_clause, part, NewClause("Ouvrir", ValueKind.NUMBER, "%", table.party_id("og"))
    )
    doing(table, table.og.redac, write_working, engagement, text="Nous ouvrons.", value="94")
    with table.store.reading() as session:
        assert session.get_one(Clause, engagement).code == ""
    became = doing(table, table.og.redac, share_part, part, motive="Il le faut.")
    assert became.proposed == 2 and not became.waiting
    with table.store.reading() as session:
        assert plan_of(session, table.ars.lect.actor)[-1].id and part_view(session, table.ars.lect.actor, part)
        versions = session.execute(select(Version).where(col(Version.clause_id).in_([definition.id, engagement])))
        rows = versions.scalars().all()
        moves = session.execute(select(MoveRow).where(col(MoveRow.clause_id).in_([definition.id, engagement])))
        assert len({move.bundle for move in moves.scalars()}) == 1
        assert {row.author_party_id for row in rows} == {table.party_id("og")}
        shared = session.get_one(Clause, engagement)
        assert shared.code.startswith("EN") and shared.state is ClauseState.PROPOSED
        assert session.get_one(Part, part).code.startswith("I")
    kinds = [kind for kind, _ in chain(table, SHARED)][-3:]
    assert kinds == ["part.added", "clause.proposed", "clause.proposed"]
    with pytest.raises(AlreadyDone):
        doing(table, table.og.redac, share_part, part)


def test_what_was_typed_in_our_live_draft_is_what_leaves(table: Table) -> None:
    part = prepares(table, table.og.redac, table.og.inside)
    definition = field(table, part, "definition")
    doing(table, table.og.redac, write_working, definition.id, text="Avant.")
    live = LiveDrafts.of(table.store)
    open_draft(live, table.og.redac.actor, part_id=part, side="ours")
    for side in ("commune", "authorities"):
        with pytest.raises(NotFound):
            open_draft(live, table.og.redac.actor, part_id=part, side=side)
    with pytest.raises(NotFound):
        open_draft(live, table.ars.dg.actor, part_id=part, side="ours")
    doing(table, table.og.redac, write_working, definition.id, text="Après.")
    doing(table, table.og.redac, share_part, part)
    with table.store.reading() as session:
        row = session.execute(select(Version).where(col(Version.clause_id) == definition.id)).scalar_one()
        assert row.text == "Après."


def test_a_child_leaves_with_its_parent_and_never_before(table: Table) -> None:
    objective = prepares(table, table.og.dg, table.og.inside, PartKind.STRATEGIC_OBJECTIVE)
    below = doing(table, table.og.dg, add_part, NewPart(PartKind.OPERATIONAL_OBJECTIVE, "Dessous", objective))
    with pytest.raises(CannotShape):
        doing(table, table.og.dg, share_part, below)
    doing(table, table.og.dg, share_part, objective)
    with table.store.reading() as session:
        found = {row.id: (row.circle, row.code) for row in session.execute(select(Part)).scalars()}
    assert found[below] == (str(SHARED), f"{found[objective][1]}.1")


def test_deleted_inside_it_leaves_its_words_to_the_circle_and_nothing_else(table: Table) -> None:
    with table.store.reading() as session:
        before = shared_head(session, table.id)
    part = prepares(table, table.og.dg, table.og.inside)
    doing(table, table.og.dg, write_working, field(table, part, "definition").id, text="Une idée.")
    open_draft(LiveDrafts.of(table.store), table.og.dg.actor, part_id=part, side="ours")
    doing(table, table.og.dg, delete_inside, part)
    kind, facts = chain(table, table.og.inside)[-1]
    assert kind == "part.dropped" and "Une idée." in json.dumps(facts, ensure_ascii=False)
    with table.store.reading() as session:
        assert session.get(Part, part) is None
        assert shared_head(session, table.id) == before


def test_a_part_of_the_others_inside_never_keeps_us_from_dropping_ours(table: Table) -> None:
    objective = doing(table, table.ars.dg, add_part, NewPart(PartKind.STRATEGIC_OBJECTIVE, "Commun"))
    inner = doing(
        table,
        table.og.dg,
        add_part,
        NewPart(PartKind.OPERATIONAL_OBJECTIVE, "À nous", objective, table.og.inside),
    )
    doing(table, table.ars.dg, drop_part, objective)
    with table.store.reading() as session:
        assert inner in {entry.id for entry in plan_of(session, table.og.dg.actor)}
    with pytest.raises(CannotShape):
        doing(table, table.og.dg, share_part, inner)


@pytest.mark.parametrize("opened", [False, True], ids=["never opened", "opened live"])
def test_words_of_a_clause_that_its_own_party_has_to_propose_stay_with_those_who_wrote_them(
    table: Table, opened: bool
) -> None:
    """The Département writes, between authorities, a line that it alone pays; the ARS puts their part on the table."""
    part = prepares(table, table.cd.redac, AUTHORITIES, PartKind.ARTICLE)
    theirs = doing(table, table.cd.redac, add_clause, part, NewClause("À nous", parties=frozenset({table.og.id})))
    both = doing(table, table.cd.redac, add_clause, part, NewClause("À tous"))
    amount = doing(
        table,
        table.cd.redac,
        add_clause,
        part,
        NewClause("Somme", ValueKind.NUMBER, "€", parties=frozenset({table.og.id})),
    )
    live = LiveDrafts.of(table.store)
    if opened:
        open_draft(live, table.cd.redac.actor, part_id=part, side="authorities")
    doing(table, table.cd.redac, write_working, theirs, text="Le Département paie seul.")
    doing(table, table.cd.redac, write_working, both, text="Chacun rend compte.")
    doing(table, table.cd.redac, write_working, amount, text="", value="1200")
    became = doing(table, table.ars.redac, share_part, part)
    assert (became.proposed, became.kept) == (1, 2)
    with table.store.reading() as session:
        reader = table.og.dg.actor
        shown = {card.id: (card.text, card.value) for card in cards_of_part(session, reader, part)}
        assert shown[theirs] == ("", None)
        assert shown[amount] == ("", None)
        assert shown[both] == ("Chacun rend compte.", None)
        entries = session.execute(select(SearchEntry)).scalars()
        assert "Le Département paie seul" not in " ".join(entry.words for entry in entries)
        drafted = drafted_clauses(session, part, circle=AUTHORITIES)
        assert (drafted[theirs].text, drafted[amount].value) == ("Le Département paie seul.", "1200")
        assert drafted_clauses(session, part, circle=SHARED) == {}
    opened_by_all = open_draft(live, table.og.dg.actor, part_id=part, side="commune")
    assert "Département paie".encode() not in opened_by_all.update


# ---------------------------------------------------------------------- with a visa


@pytest.fixture
def asked(table: Table) -> tuple[str, list[str]]:
    """A part of the OG that waits for the visa of a negotiator: its id, and those of the requests."""
    doing(table, _administrator(table), set_visa_rule, Gesture.PROPOSAL, Role.NEGOTIATOR)
    part = prepares(table, table.og.redac, table.og.inside)
    for name in ("definition", "formula"):
        doing(table, table.og.redac, write_working, field(table, part, name).id, text=f"Texte de {name}.")
    became = doing(table, table.og.redac, share_part, part, words="À relire.")
    assert became.waiting == 2
    with table.store.reading() as session:
        return part, [row.id for row in session.execute(select(VisaRequest)).scalars()]


def _administrator(table: Table) -> Person:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        member = uow.session.get_one(Member, table.og.dg.member.id)
        member.rights = [*member.rights, "administrateur"]
    return Person(table, "og.dg")


def test_a_part_that_waits_for_its_visa_stays_inside_whole(table: Table, asked: tuple[str, list[str]]) -> None:
    part, _ = asked
    with table.store.reading() as session, pytest.raises(NotFound):
        part_view(session, table.ars.dg.actor, part)
    for verb, given, named in (
        (write_working, (field(table, part, "source").id,), {"text": "En plus."}),
        (add_clause, (part, NewClause("En plus")), {}),
        (delete_inside, (part,), {}),
        (share_part, (part,), {}),
    ):
        with pytest.raises(CannotShape):
            doing(table, table.og.redac, verb, *given, **named)


def test_an_authority_learns_that_the_part_its_visa_waited_for_was_deleted(table: Table) -> None:
    """By the other authority, who never knew that a visa was asked."""
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        member = uow.session.get_one(Member, table.ars.dg.member.id)
        member.rights = [*member.rights, "administrateur"]
    doing(table, Person(table, "ars.dg"), set_visa_rule, Gesture.PROPOSAL, Role.SIGNATORY)
    part = prepares(table, table.ars.redac, AUTHORITIES)
    doing(table, table.ars.redac, write_working, field(table, part, "definition").id, text="Un texte.")
    assert doing(table, table.ars.redac, share_part, part, words="À relire.").waiting == 1
    before = chain(table, AUTHORITIES)
    doing(table, table.cd.dg, delete_inside, part)
    kind, facts = chain(table, table.ars.inside)[-1]
    assert (kind, facts["asked_by"], facts["deleted"]) == ("visa.cancelled", table.ars.redac.member.id, True)
    assert [kind for kind, _ in chain(table, AUTHORITIES)[len(before) :]] == ["part.dropped"]
    assert "visa" not in str(chain(table, table.cd.inside) + chain(table, SHARED))
    with table.store.reading() as session:
        entry = session.execute(select(HistoryEntry).where(col(HistoryEntry.kind) == "visa.cancelled")).scalar_one()
        told = notices_told(session, table.ars.redac.actor, facts_of(session, [entry.id]))
    assert told[entry.id] == {Notice.VISA}


def test_one_visa_lets_the_whole_part_go(table: Table, asked: tuple[str, list[str]]) -> None:
    part, requests = asked
    doing(table, table.og.dg, give_visas, requests[:1])
    with table.store.reading() as session:
        assert part_view(session, table.ars.dg.actor, part).circle == SHARED
        states = {row.state for row in session.execute(select(VisaRequest)).scalars()}
    assert states == {VisaState.GIVEN}
    assert field(table, part, "definition").state is ClauseState.PROPOSED
    assert field(table, part, "formula").state is ClauseState.PROPOSED


def test_one_refusal_keeps_the_whole_part_inside(table: Table, asked: tuple[str, list[str]]) -> None:
    part, requests = asked
    doing(table, table.og.dg, refuse_visas, requests[:1], answer="Pas encore.")
    with table.store.reading() as session:
        states = {row.state for row in session.execute(select(VisaRequest)).scalars()}
        assert states == {VisaState.REFUSED}
        with pytest.raises(NotFound):
            part_view(session, table.ars.dg.actor, part)
    doing(table, table.og.redac, write_working, field(table, part, "source").id, text="Repris.")
