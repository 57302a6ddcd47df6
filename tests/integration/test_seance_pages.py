"""The pages of a séance: planned, held, read again; what is refused keeps every word; nothing of an inside shows."""

import re

import pytest
from flask import Flask

from negotiation.rules.seances import MOST_PER_MINUTE, DecisionKind, DecisionState, SeanceState
from negotiation.rules.vocabulary import SHARED, Gesture, Move, Role
from negotiation.services.discussing import send_message
from negotiation.services.draft_starts import go_on
from negotiation.services.mandates import Terms, set_mandate
from negotiation.services.orders import Order, Seen
from negotiation.services.seance_agenda import Item, add_point, point_at
from negotiation.services.visas import set_visa_rule, submit
from negotiation.store import Store
from negotiation.store.queries.seances import seances_of
from tests.builders import Person, Table, a_table
from tests.crawling import Shape
from tests.drafting_table import Browser, set_table
from tests.seance_table import Meeting, a_seance, an_open_seance
from tests.secrets_table import secrets_of
from tests.visitors import Visitor

CLAUSE = "en01"
pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(store: Store) -> Table:
    found = a_table(store, parties=3)
    found.og.dg.propose(CLAUSE, "Nous visons 94 %.", value=94)
    return found


def sitting(app: Flask, person: Person) -> Visitor:
    return Visitor(app).enter(person.email)


def here(meeting: Meeting) -> str:
    return f"/negociations/{meeting.table.id}/seances/{meeting.id}"


def led_to(meeting: Meeting, person: Person, clause: str = CLAUSE) -> None:
    """The chair takes up the clause."""
    with meeting.table.store.unit_of_work() as uow:
        point = add_point(uow, person.actor, meeting.id, Item(clause_id=meeting.table.clause_id(clause)))
        point_at(uow, person.actor, meeting.id, point)


def seen(table: Table, clause: str = CLAUSE) -> dict[str, str]:
    """The fields of a decision about the version on the table."""
    current = table.current(clause)
    assert current is not None
    named = {"clause": table.clause_id(clause), "seen_number": str(current.number)}
    return named | {"seen_fingerprint": str(current.fingerprint)}


def test_a_table_without_seance_says_what_to_do_first(app: Flask, store: Store) -> None:
    table = a_table(store)
    page = sitting(app, table.og.dg).get(f"/negociations/{table.id}/seances").text
    assert "Aucune séance encore" in page and "Prévoir une séance" in page
    assert "Prévoir une séance" not in sitting(app, table.og.lect).get(f"/negociations/{table.id}/seances").text


def test_a_seance_is_planned_filled_and_opened_by_plain_forms(app: Flask, table: Table) -> None:
    og, address = sitting(app, table.og.dg), f"/negociations/{table.id}/seances"
    wrong = og.post(address, {"title": "Adultes, emploi", "on": "2026-07-09", "start": "9h"})
    assert wrong.status_code == 422
    assert "Adultes, emploi" in wrong.text and "à quelle heure elle commence" in wrong.text
    planned = og.post(address, {"title": "Adultes, emploi", "on": "2026-07-09", "start": "09:00", "end": "12:00"})
    prepared = planned.location
    og.post(f"{prepared}/points", {"clause": table.clause_id(CLAUSE), "minutes": "20"})
    og.post(f"{prepared}/points", {"title": "Divers"})
    with table.store.reading() as session:
        (card,) = seances_of(session, table.og.dg.actor)
    meeting = Meeting(table, card.id)
    first, second = meeting.seen_by(table.og.dg).points
    og.post(f"{prepared}/points/{second.id}", {"act": "up"})
    og.post(f"{prepared}/points/{first.id}", {"act": "place", "place": "0"})
    og.post(f"{prepared}/convoques", {"member": [table.ars.dg.member.id, table.cd.dg.member.id]})
    page = og.get(prepared).text
    assert page.index("20 min") < page.index("Divers")
    assert og.post(f"{prepared}/ouverture").status_code == 302
    view = meeting.seen_by(table.og.dg)
    assert (view.card.state, view.card.chair_id) == (SeanceState.OPEN, table.og.dg.member.id)
    assert {each.member_id for each in view.attendance if each.is_expected} == {
        table.ars.dg.member.id,
        table.cd.dg.member.id,
    }
    shape = Shape()
    shape.feed(og.get(prepared).text)
    assert (shape.headings, shape.inline) == (1, [])


def test_a_keyboard_goes_on_from_what_it_just_did_to_the_agenda(app: Flask, table: Table) -> None:
    meeting = a_seance(table, table.og.dg)
    og, points = sitting(app, table.og.dg), f"{here(meeting)}/points"

    def led_by(address: str, **fields: str) -> str:
        """The element of the page that comes on which the browser puts the focus, which takes it."""
        page, _, anchor = og.post(address, fields).location.partition("#")
        (found,) = re.findall(rf'<[^>]*\bid="{anchor}"[^>]*>', og.get(page).text)
        assert " disabled" not in found and (found.startswith("<button") or 'tabindex="-1"' in found)
        return anchor

    for words in ("Un", "Deux", "Trois"):
        added = led_by(points, title=words)
    one, two, three = (point.id for point in meeting.seen_by(table.og.dg).points)
    assert added == f"point-{three}"
    assert led_by(f"{points}/{three}", act="up") == f"up-{three}"
    assert led_by(f"{points}/{three}", act="up") == f"down-{three}", "the first goes no further"
    assert led_by(f"{points}/{one}", act="change", title="Un", minutes="5") == f"point-{one}"
    assert led_by(f"{points}/{one}", act="remove") == f"point-{two}", "what comes in its place"
    assert led_by(f"{points}/{two}", act="remove") == f"point-{three}"
    assert led_by(f"{points}/{three}", act="remove") == "ordre-du-jour"
    assert led_by(f"{here(meeting)}/convoques", member=table.ars.dg.member.id) == "convoques"


def test_arriving_is_a_form_and_reading_writes_nothing(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    ars = sitting(app, table.ars.dg)
    assert "Me dire présent" in ars.get(here(meeting)).text
    assert [each.member_id for each in meeting.seen_by(table.og.dg).attendance] == [table.og.dg.member.id]
    ars.post(f"{here(meeting)}/presence")
    assert "Me dire présent" not in ars.get(here(meeting)).text
    assert len(meeting.seen_by(table.og.dg).attendance) == 2


def test_who_follows_sees_what_the_chair_shows_and_who_does_not_stays(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg)
    ars, other = sitting(app, table.ars.dg), table.clause_id("en02")
    mine = table.clause_id(CLAUSE)
    assert f'id="clause-{mine}"' in ars.get(here(meeting)).text
    assert f'id="clause-{other}"' in ars.get(f"{here(meeting)}?sur={other}").text
    assert f'id="clause-{mine}"' in ars.get(f"{here(meeting)}?sur={other}&suivre=oui").text
    assert ars.get(f"{here(meeting)}?sur=inconnue").status_code == 404
    assert ars.post(f"{here(meeting)}/pointeur", {"point": ""}).status_code == 403


def test_a_decision_is_one_click_waits_and_is_cancelled(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg)
    ars = sitting(app, table.ars.dg)
    assert "Accord de l’ARS sur la version 1" in re.sub(r"\s+", " ", ars.get(here(meeting)).text.replace(" ", " "))
    key = {"request_key": "0b5a7f0e-7d0c-4f5e-9a3c-2f6f2f5d9a11"}
    fields = seen(table) | {"kind": "agreement", "party": table.ars.id} | key
    for _ in range(2):
        assert ars.post(f"{here(meeting)}/decisions", fields).status_code == 302
    (decision,) = meeting.seen_by(table.ars.dg).decisions
    page = ars.get(here(meeting)).text
    assert "data-counts=" in page and "Annuler" in page
    assert f"/decisions/{decision.id}" not in sitting(app, table.cd.dg).get(here(meeting)).text
    ars.post(f"{here(meeting)}/decisions/{decision.id}", {"act": "cancel"})
    assert meeting.state(decision.id) is DecisionState.CANCELLED


def test_what_is_noted_for_another_party_is_confirmed_there(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg)
    og = sitting(app, table.og.dg)
    fields = seen(table) | {"kind": "agreement", "party": [table.ars.id, table.cd.id]}
    og.post(f"{here(meeting)}/decisions", fields)
    decisions = meeting.seen_by(table.og.dg).decisions
    assert [each.state for each in decisions] == [DecisionState.PROPOSED] * 2
    assert "Confirmer au nom" not in og.get(here(meeting)).text
    assert "Confirmer au nom" not in sitting(app, table.ars.com).get(here(meeting)).text
    ars = sitting(app, table.ars.dg)
    assert ars.get(here(meeting)).text.count("Confirmer au nom") == 1
    ars.post(f"{here(meeting)}/decisions/{decisions[0].id}", {"act": "confirm"})
    assert meeting.state(decisions[0].id) is DecisionState.WAITING


def test_a_refusal_is_said_in_words_and_keeps_what_was_typed(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg)
    ars = sitting(app, table.ars.dg)
    stale = seen(table) | {"kind": "reserve", "text": "Le seuil reste à préciser.", "seen_number": "7"}
    refused = ars.post(f"{here(meeting)}/decisions", stale)
    assert refused.status_code == 409
    assert "Le seuil reste à préciser." in refused.text and "Le texte a changé depuis votre lecture" in refused.text

    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.ars.dg.actor, Gesture.ACCEPTANCE, Role.SIGNATORY)
    fields = seen(table) | {"kind": "agreement", "party": table.ars.id}
    refused = ars.post(f"{here(meeting)}/decisions", fields)
    assert "Le proposer à ma partie" in refused.text and not meeting.seen_by(table.ars.dg).decisions
    assert ars.post(f"{here(meeting)}/decisions", fields | {"voice": "propose"}).status_code == 302
    assert meeting.seen_by(table.ars.dg).decisions[0].state is DecisionState.PROPOSED


def test_a_mandate_is_shown_to_its_party_and_gone_beyond_knowingly(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg)
    with table.store.unit_of_work() as uow:
        set_mandate(uow, table.ars.dg.actor, table.clause_id(CLAUSE), Terms(floor="96"))
    ars = sitting(app, table.ars.dg)
    fields = seen(table) | {"kind": "agreement", "party": table.ars.id}
    refused = ars.post(f"{here(meeting)}/decisions", fields)
    assert refused.status_code == 409
    assert "hors mandat" in refused.text and "Confirmer malgré notre mandat" in refused.text
    assert ars.post(f"{here(meeting)}/decisions", fields | {"despite_mandate": "yes"}).status_code == 302
    assert meeting.seen_by(table.cd.dg).decisions[0].state is DecisionState.WAITING
    assert "mandat" not in sitting(app, table.cd.dg).get(f"{here(meeting)}/fragment/decisions").text


def test_a_move_made_at_a_seance_leads_back_to_it(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    ars, clause_id = sitting(app, table.ars.dg), table.clause_id(CLAUSE)
    fields = seen(table) | {"move": "counter_proposal", "text": "Nous visons 95 %.", "value": "95", "motive": "Oui."}
    address = f"http://localhost{here(meeting)}"
    moved = ars.post(f"/clauses/{clause_id}/moves", fields, headers={"Referer": address})
    assert moved.location.startswith(f"{here(meeting)}?sur={clause_id}")
    fields = seen(table) | {"move": "withdrawal"}
    moved = ars.post(f"/clauses/{clause_id}/moves", fields, headers={"Referer": address.replace("localhost", "evil")})
    assert moved.location.startswith(f"/clauses/{clause_id}")
    for way, fields in (("mandat", {"floor": "90"}), ("commentaires", {"text": "Pourquoi ?", "readers": "shared"})):
        written = ars.post(f"/clauses/{clause_id}/{way}", fields, headers={"Referer": f"{address}?sur={clause_id}"})
        assert written.location.startswith(f"{here(meeting)}?sur={clause_id}"), way


def test_a_move_refused_at_a_seance_comes_back_to_it_with_its_words(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg)
    ars, address = sitting(app, table.ars.dg), f"http://localhost{here(meeting)}"
    moves = f"/clauses/{table.clause_id(CLAUSE)}/moves"
    late = seen(table) | {"move": "counter_proposal", "text": "Nous visons 95 %.", "value": "95", "motive": "Oui."}
    table.og.dg.withdraw(CLAUSE)
    table.og.dg.propose(CLAUSE, "Nous visons 93 %.", value=93)
    refused = ars.post(moves, late, headers={"Referer": address})
    assert refused.status_code == 409
    assert 'id="decisions"' in refused.text and 'id="discussion"' in refused.text
    assert "Nous visons 95 %." in refused.text and "a changé depuis votre lecture" in refused.text
    elsewhere = f"http://localhost{here(meeting).replace(meeting.id, 'ailleurs')}"
    assert "Nous visons 95 %." in ars.post(moves, late, headers={"Referer": elsewhere}).text
    answer = {"move": "answer", "text": "x" * 20_000, "readers": "shared"}
    refused = ars.post(moves.replace("moves", "commentaires"), answer, headers={"Referer": address})
    assert 400 <= refused.status_code < 500 and 'id="decisions"' in refused.text
    meeting.close(table.og.dg)
    refused = ars.post(moves, late, headers={"Referer": address})
    assert refused.status_code == 409 and 'id="decisions"' not in refused.text and "Nous visons 95 %." in refused.text


def test_a_mandate_or_a_visa_refused_at_a_seance_comes_back_to_it_with_its_words(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg)
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.ars.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    now_tabled = seen(table)
    shown = Seen.told(now_tabled["seen_number"], now_tabled["seen_fingerprint"])
    with table.store.unit_of_work() as uow:
        order = Order(Move.COUNTER_PROPOSAL, text="Nous visons 95 %.", value=95, motive="Oui.", seen=shown)
        asked = submit(uow, table.ars.redac.actor, table.clause_id(CLAUSE), order).request_id
    ars, clause_id = sitting(app, table.ars.dg), table.clause_id(CLAUSE)
    at = {"Referer": f"http://localhost{here(meeting)}?sur={clause_id}&onglet=proposition"}
    visas = f"/negociations/{table.id}/interne/visas"
    terms = {"floor": "beaucoup", "leeway": "Un point.", "mandate": "1"}
    refused = ars.post(f"/clauses/{clause_id}/mandat", terms, headers=at)
    assert refused.status_code == 422
    assert 'id="decisions"' in refused.text and "Un point." in refused.text and 'value="beaucoup"' in refused.text
    answer = {"visa": asked, "back": clause_id, "answer": "x" * 20_000}
    refused = ars.post(f"{visas}/refuser", answer, headers=at)
    assert 400 <= refused.status_code < 500
    assert 'id="decisions"' in refused.text and "x" * 20_000 in refused.text
    given = ars.post(f"{visas}/donner", answer, headers=at)
    assert given.location.startswith(f"{here(meeting)}?sur={clause_id}")
    fallback = {"move": "counter_proposal", "fallback": "yes"}
    with table.store.unit_of_work() as uow:
        set_mandate(uow, table.ars.dg.actor, clause_id, Terms(fallback="À défaut, 94 %."))
    again = ars.post(f"/clauses/{clause_id}/moves", seen(table) | fallback, headers=at)
    assert 'id="decisions"' in again.text and "À défaut, 94 %.</textarea>" in again.text


def test_who_notes_too_fast_is_told_so_and_keeps_the_words(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    noted = {"kind": "sent_to_copil", "text": "Le plan de financement."}
    for number in range(MOST_PER_MINUTE):
        meeting.record(table.cd.dg, DecisionKind.SENT_TO_COPIL, text=f"Le point {number}.")
    cd = sitting(app, table.cd.dg)
    refused = cd.post(f"{here(meeting)}/decisions", noted)
    assert refused.status_code == 429
    assert f"{MOST_PER_MINUTE} décisions en une minute" in refused.text.replace("\u202f", " ").replace("\u00a0", " ")
    assert "Le plan de financement." in refused.text
    assert sitting(app, table.ars.dg).post(f"{here(meeting)}/decisions", noted).status_code == 302, "each alone"
    meeting.age()
    assert cd.post(f"{here(meeting)}/decisions", noted).status_code == 302


def test_the_wall_is_the_same_whoever_is_signed_in(app: Flask) -> None:
    found = secrets_of(app)
    table = found.table
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg)
    meeting.record(table.og.dg, DecisionKind.SENT_TO_COPIL, CLAUSE, text="À reprendre.")
    walls = set()
    for person in (table.og.dg, table.ars.dg, table.cd.lect):
        page = sitting(app, person).get(f"{here(meeting)}/projection").text
        assert "À reprendre" in page and "<form" not in page
        walls.add(re.sub(r'(socket-token" content=)"[^"]*"', r"\1", page))
    (wall,) = walls
    assert not [word for word in found.words.told if word in wall]


def test_the_wall_follows_what_is_written_together_beyond_the_version_on_the_table(app: Flask, store: Store) -> None:
    drafting = set_table(store)
    table = drafting.table
    table.og.dg.propose("en02", "Nous visons 94 %.")
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg, "en02")
    og = sitting(app, table.og.dg)

    def wall() -> str:
        return og.get(f"{here(meeting)}/projection/fragment").text

    assert "live-draft" not in wall() and "Nous visons 94" in wall()
    ars = Browser(drafting, "ars.dg")
    ars.push(ars.type("Un bilan est fait chaque année.", drafting.other_clause_id))
    with store.unit_of_work() as uow:
        go_on(
            uow,
            table.ars.dg.actor,
            table.clause_id("en02"),
            side="commune",
            seen=seen(table, "en02")["seen_fingerprint"],
        )
    assert "live-draft" in wall() and "Un bilan est fait" in wall() and "version 1" in wall()
    own = Browser(drafting, "og.dg", side="ours")
    own.push(own.type("Ne cédons pas.", drafting.other_clause_id))
    assert "Ne cédons pas" not in wall()
    table.ars.dg.counter("en02", "Nous visons 95 %.")
    assert "live-draft" not in wall() and "version 2" in wall() and "Un bilan" not in wall()


def test_an_open_seance_shows_no_word_of_another_inside(app: Flask) -> None:
    found = secrets_of(app)
    table = found.table
    meeting = an_open_seance(table, table.ars.dg)
    led_to(meeting, table.ars.dg)
    og, clause_id = sitting(app, table.og.dg), table.clause_id(CLAUSE)
    for question in ("", *(f"?sur={clause_id}&onglet={tab}" for tab in ("proposition", "table-commune", "brouillon"))):
        pieces = "".join(og.get(f"{here(meeting)}/fragment/{name}{question}").text for name in ("clause", "decisions"))
        page = og.get(f"{here(meeting)}{question}").text + pieces
        assert not [what for word, what in found.words.kept_from("og").items() if word in page]


def test_a_seance_that_is_over_can_be_read_again(app: Flask, table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    led_to(meeting, table.og.dg)
    decision = meeting.agree(table.ars.dg, CLAUSE)
    with table.store.unit_of_work() as uow:
        for circle, text in ((SHARED, "Nous sommes d’accord."), (table.og.inside, "Tenons bon.")):
            send_message(uow, table.og.dg.actor, circle=circle, text=text, seance_id=meeting.id)
    og = sitting(app, table.og.dg)
    waits = og.post(f"{here(meeting)}/cloture")
    assert waits.status_code == 409 and "la séance se clôt ensuite" in waits.text
    meeting.a_minute_passes()
    assert og.post(f"{here(meeting)}/cloture").status_code == 302
    page = og.get(here(meeting)).text
    assert meeting.state(decision) is DecisionState.BOUND
    assert "Nous sommes d’accord." in page and "Tenons bon." not in page and "accepte la version" in page


def test_a_seance_of_the_calendar_is_prepared_from_there(app: Flask, table: Table) -> None:
    meeting = a_seance(table, table.og.dg)
    page = sitting(app, table.og.dg).get(f"/negociations/{table.id}/calendrier").text
    assert f"/seances/{meeting.id}" in page
