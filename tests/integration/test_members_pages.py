"""The members' pages: what each reads of whom, the forms of an administrator, and what a removal ends."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from app.background import SECONDS, do_round
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import ROLES_OF_RIGHT, Right
from negotiation.services.delegating import set_delegation
from negotiation.services.leaving import remove
from negotiation.services.members import Carried, Seat, change, invite
from negotiation.store import Announcing
from negotiation.store.columns import now
from negotiation.store.people import Delegation, Member
from tests.builders import Person, Table, a_table
from tests.crawling import Answer, addresses_of, answer_of, differing, faults_of, ids_of, routes
from tests.visitors import Visitor, asks, told

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

NEW = "nouvelle@ailleurs.example"
UNKNOWN = "99999999-9999-4999-8999-999999999999"
INVITATION = {"title": "Directrice financière", "email": NEW, "rights": ["redacteur"], "ends_on": ""}
PARTNER = {"kind": "PARTENAIRE", "name": "Maison du handicap", "short_name": "MDPH", "title": "Directrice"}


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=["og", "ars", "cd", "asso"])


@pytest.fixture
def og(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.og.dg.email)


@pytest.fixture
def ars(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.ars.dg.email)


def page_of(table: Table) -> str:
    return f"/negociations/{table.id}/membres"


def in_days(days: int) -> str:
    return (paris_day(now()) + timedelta(days=days)).isoformat()


def lets_go(who: Person, gone: Person) -> None:
    with who.table.store.unit_of_work() as uow:
        remove(uow, who.actor, gone.member.id)


# ---------------------------------------------------------------------- what is read


def test_ones_own_party_is_read_whole_and_the_others_by_title(og: Visitor, table: Table) -> None:
    page = og.get(page_of(table)).text
    assert table.og.redac.email in page
    assert "Membre redac" in page and "Contact" in page
    for other in (table.ars, table.cd, table.asso):
        assert other.dg.email not in page
    assert faults_of(answer_of(og.get(page_of(table)))) == []


def test_others_read_neither_address_nor_day_of_whoever_is_invited(og: Visitor, ars: Visitor, table: Table) -> None:
    og.post(page_of(table), INVITATION | {"ends_on": in_days(40)})
    theirs, ours = ars.get(page_of(table)).text, og.get(page_of(table)).text
    assert "Directrice financière" in theirs and "5 sur 6 sont entrés" in theirs
    assert NEW not in theirs and "jusqu’au" not in theirs and "Invité le" not in theirs
    assert NEW in ours and "jusqu’au" in ours and "Invité le" in ours


def test_only_an_administrator_meets_the_forms(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.og.lect.email)
    page = reader.get(page_of(table)).text
    assert "Inviter un membre" not in page and "Modifier" not in page
    assert reader.post(page_of(table), INVITATION).status_code == 403
    member_page = f"{page_of(table)}/{table.og.redac.member.id}"
    assert reader.get(member_page).status_code == reader.get(f"{page_of(table)}/{UNKNOWN}").status_code == 403


def test_a_member_of_another_party_has_no_page(og: Visitor, table: Table) -> None:
    theirs = og.get(f"{page_of(table)}/{table.ars.redac.member.id}")
    unknown = og.get(f"{page_of(table)}/{UNKNOWN}")
    assert differing({"": answer_of(theirs)}, {"": answer_of(unknown)}) == []
    assert theirs.status_code == 404


def test_the_table_says_who_has_entered(og: Visitor, table: Table) -> None:
    og.post(page_of(table), INVITATION)
    page = og.get(f"/negociations/{table.id}").text
    assert "Qui est entré" in page and "5 sur 6 sont entrés, dont vous" in page


# ---------------------------------------------------------------------- inviting


def shown_link(page: str) -> str:
    found = re.search(r'id="lien" readonly value="http://[^/]+([^"]+)"', page)
    assert found
    return unescape(found[1])


def test_without_a_mail_server_the_link_is_shown_once(app: Flask, og: Visitor, table: Table) -> None:
    answer = og.post(page_of(table), INVITATION)
    assert answer.status_code == 200
    assert "Aucun courriel n’est réglé sur cette instance" in answer.text
    link = shown_link(answer.text)
    assert link not in og.get(page_of(table)).text
    guest = Visitor(app)
    assert guest.post(link).status_code == 302
    assert guest.get(f"/negociations/{table.id}").status_code == 200
    assert Visitor(app).post(link).status_code == 410


def test_a_link_for_a_second_table_opens_to_whoever_is_signed_in_and_to_nobody_else(
    app: Flask, og: Visitor, table: Table
) -> None:
    guest = Visitor(app)
    guest.post(shown_link(og.post(page_of(table), INVITATION).text))
    other = a_table(table.store, parties=2)
    link = shown_link(Visitor(app).enter(other.og.dg.email).post(page_of(other), INVITATION).text)
    assert guest.get(f"/negociations/{other.id}").status_code == 404, "whoever entered by the first link waits outside"
    assert Visitor(app).get(link).status_code == 410
    assert guest.get(link).status_code == 200
    assert guest.post(link).status_code == 302
    assert guest.get(f"/negociations/{other.id}").status_code == 200


def test_a_wrong_invitation_comes_back_whole(og: Visitor, table: Table) -> None:
    answer = og.post(page_of(table), INVITATION | {"email": "sans-arobase", "rights": ["valideur"]})
    assert answer.status_code == 422
    assert 'value="Directrice financière"' in answer.text
    assert 'value="sans-arobase"' in answer.text
    assert re.search(r'value="valideur" checked', answer.text)
    assert "Écrivez une adresse entière" in answer.text


def test_who_sits_elsewhere_is_refused_in_one_sentence_and_logged_without_address(
    og: Visitor, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[dict[str, object]] = []
    monkeypatch.setattr("app.pages.members.log.warning", lambda event, **facts: logged.append({"event": event} | facts))
    sentences = set()
    for email in (table.ars.redac.email, table.og.redac.email):
        answer = og.post(page_of(table), INVITATION | {"email": email})
        assert answer.status_code == 422
        sentences.add(re.search(r'class="field-error"[^>]*>.*?</svg> ([^<]+)<', answer.text)[1])  # type: ignore[index]
    assert len(sentences) == 1
    assert len(logged) == 2 and "@" not in json.dumps(logged)


def test_a_party_joins_by_a_form(og: Visitor, ars: Visitor, table: Table) -> None:
    answer = og.post(f"/negociations/{table.id}/parties", PARTNER | {"email": NEW, "ends_on": ""})
    assert answer.status_code == 200
    page = ars.get(page_of(table)).text
    assert "Maison du handicap" in page and "Pas encore entré" in page
    assert "Renvoyer l’invitation" in og.get(page_of(table)).text
    assert "Renvoyer l’invitation" not in page, "only who brought it may"


def test_a_wrong_party_comes_back_whole(og: Visitor, table: Table) -> None:
    answer = og.post(f"/negociations/{table.id}/parties", PARTNER | {"email": NEW, "ends_on": "", "kind": "EVALUATEUR"})
    assert answer.status_code == 422
    assert 'value="Maison du handicap"' in answer.text
    assert "Un évaluateur est invité jusqu’à un jour" in answer.text


def test_a_member_is_changed_and_let_go_by_forms(og: Visitor, table: Table) -> None:
    com = table.og.com.member
    address = f"{page_of(table)}/{com.id}"
    assert faults_of(answer_of(og.get(address))) == []
    seat = {"act": "change", "title": "Chargée de mission", "rights": ["redacteur", "valideur"], "ends_on": ""}
    assert og.post(address, seat).status_code == 302
    with table.store.reading() as session:
        assert session.get_one(Member, com.id).rights == ["redacteur", "valideur"]
    assert og.post(address, {"act": "remove"}).status_code == 302
    assert "Parti le" in og.get(page_of(table)).text
    assert og.get(address).status_code == 404


@pytest.mark.parametrize("act", ["", "promote"])
def test_an_unknown_act_changes_nothing(og: Visitor, table: Table, act: str) -> None:
    assert og.post(f"{page_of(table)}/{table.og.com.member.id}", {"act": act}).status_code == 422


def test_the_last_administrator_reads_why_he_stays(og: Visitor, table: Table) -> None:
    answer = og.post(f"{page_of(table)}/{table.og.dg.member.id}", {"act": "remove"})
    assert answer.status_code == 422
    assert "Gardez au moins une personne" in answer.text


# ---------------------------------------------------------------------- absences


def test_an_absence_is_said_and_ended_by_forms(og: Visitor, table: Table) -> None:
    away = {"to": table.og.redac.member.id, "starts_on": in_days(0), "ends_on": in_days(4)}
    assert og.post(f"/negociations/{table.id}/delegations", away).status_code == 302
    assert "<b>Membre redac</b> agit pour Membre dg" in og.get(page_of(table)).text
    again = og.post(f"/negociations/{table.id}/delegations", away)
    assert again.status_code == 422 and "Une délégation est déjà enregistrée" in again.text
    with table.store.reading() as session:
        (delegation_id,) = session.execute(select(col(Delegation.id))).scalars()
    assert og.post(f"/negociations/{table.id}/delegations/{delegation_id}/fin").status_code == 302
    assert "Aucune délégation." in og.get(page_of(table)).text


def pages_of_the_table(visitor: Visitor, table: Table) -> dict[str, Answer]:
    """Every page of the negotiation, with one clause and one part of it."""
    some = ids_of(table.store, table.id)
    ids = some | {"clause_id": [table.clause_id("en01")], "part_id": [table.part_id("fa01")]}
    about = {"negotiation_id", "clause_id", "part_id"}
    rules = [rule for rule in routes(visitor.app) if rule.arguments & about and rule.arguments <= {*ids, "tab"}]
    asked_nothing = {"negotiation_id": [], "clause_id": [], "part_id": []}
    addresses = [path for rule in rules for path in addresses_of(visitor.app, rule, ids, asked_nothing)]
    return {address: answer_of(visitor.get(address)) for address in ["/", *addresses]}


def test_no_page_of_another_party_changes_by_a_byte_for_an_absence(ars: Visitor, table: Table) -> None:
    socket = ars.open_socket()
    assert asks(socket, "watch_table", {"negotiation": table.id}) == {"ok": True}
    before = pages_of_the_table(ars, table)
    assert len(before) > 20
    with table.store.unit_of_work() as uow:
        to = table.og.redac.member.id
        set_delegation(uow, table.og.dg.actor, to_member_id=to, starts_on=in_days(0), ends_on=in_days(9))
    assert differing(before, pages_of_the_table(ars, table)) == []
    assert told(socket, "page_changed") == []


# ---------------------------------------------------------------------- what a removal ends


def test_whoever_was_removed_meets_the_absence_that_strangers_meet(app: Flask, table: Table) -> None:
    redac, stranger = Visitor(app).enter(table.og.redac.email), Visitor(app)
    elsewhere = a_table(app.extensions["store"], parties=2)
    stranger.enter(elsewhere.ars.dg.email)
    address = f"/negociations/{table.id}"
    assert redac.get(address).status_code == 200
    lets_go(table.og.dg, table.og.redac)
    gone, never = redac.get(address), stranger.get(address)
    token = re.compile(r'(csrf_token" value=|socket-token" content=|name="person" content=)"[^"]*"')
    assert gone.status_code == never.status_code == 404
    pages = [
        token.sub("", answer.text).replace(email, "")
        for answer, email in ((gone, table.og.redac.email), (never, elsewhere.ars.dg.email))
    ]
    assert pages[0] == pages[1]
    assert redac.get("/").status_code == 200, "the accueil is still theirs"


def test_a_removal_closes_the_sockets_of_that_table_and_no_other(app: Flask, og: Visitor, table: Table) -> None:
    redac = Visitor(app).enter(table.og.redac.email)
    watching, idle, mine = redac.open_socket(), redac.open_socket(), og.open_socket()
    for socket in (watching, mine):
        assert asks(socket, "watch_table", {"negotiation": table.id}) == {"ok": True}
    lets_go(table.og.dg, table.og.redac)
    do_round(app)
    assert told(watching, "rights_changed") == [{}]
    assert not watching.is_connected()
    assert idle.is_connected() and mine.is_connected()
    assert asks(idle, "watch_table", {"negotiation": table.id})["error"]["code"] == "not_found"
    assert SECONDS <= 1, "a round a second: two seconds at most"


@pytest.mark.parametrize("rights", [("lecteur",), ("redacteur", "valideur")])
def test_other_rights_are_a_new_connection(app: Flask, table: Table, rights: tuple[str, ...]) -> None:
    socket = Visitor(app).enter(table.og.redac.email).open_socket()
    asks(socket, "watch_table", {"negotiation": table.id})
    with table.store.unit_of_work() as uow:
        change(uow, table.og.dg.actor, table.og.redac.member.id, seat=Seat("Membre redac", rights))
    do_round(app)
    assert told(socket, "rights_changed") == [{}] and not socket.is_connected()


def test_a_new_title_leaves_the_connection(app: Flask, table: Table) -> None:
    socket = Visitor(app).enter(table.og.redac.email).open_socket()
    asks(socket, "watch_table", {"negotiation": table.id})
    with table.store.unit_of_work() as uow:
        change(uow, table.og.dg.actor, table.og.redac.member.id, seat=Seat("Cheffe de projet", ("redacteur",)))
    do_round(app)
    assert socket.is_connected()


def test_the_last_day_of_an_evaluator_ends_like_a_removal(app: Flask, table: Table) -> None:
    guest, store = table.og.com, table.store
    visitor = Visitor(app).enter(guest.email)
    socket = visitor.open_socket()
    asks(socket, "watch_table", {"negotiation": table.id})
    with store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Member, guest.member.id).ends_on = paris_day(now()) - timedelta(days=1)
    do_round(app)
    assert not socket.is_connected()
    assert visitor.get(f"/negociations/{table.id}").status_code == 404


def test_somebody_invited_while_signed_in_enters_by_looking(app: Flask, table: Table) -> None:
    elsewhere = a_table(app.extensions["store"], parties=2)
    guest = Visitor(app).enter(elsewhere.og.redac.email)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        email, seat = elsewhere.og.redac.email, Seat("Conseil", ("lecteur",))
        invited = invite(uow, table.og.dg.actor, email=email, seat=seat, carried=Carried.BY_MAIL)
    asks(guest.open_socket(), "watch_table", {"negotiation": table.id})
    with table.store.reading() as session:
        assert session.get_one(Member, invited.member_id).joined_at is not None


def test_whoever_left_is_offered_neither_to_be_named_nor_to_own_a_task(og: Visitor, ars: Visitor, table: Table) -> None:
    gone, clause = table.og.redac, table.clause_id("en01")
    pages = (f"/negociations/{table.id}/taches", f"/negociations/{table.id}/discussion", f"/clauses/{clause}")
    offered = f'value="{gone.member.id}"'
    for visitor in (og, ars):
        assert [page for page in pages if offered not in visitor.get(page).text] == []
    lets_go(table.og.dg, gone)
    for visitor in (og, ars):
        assert [page for page in pages if offered in visitor.get(page).text] == []


def test_who_follows_the_figures_may_do_what_the_form_says(og: Visitor, table: Table) -> None:
    assert ROLES_OF_RIGHT[Right.FINANCIER] == ROLES_OF_RIGHT[Right.REDACTEUR]
    assert "écrit, propose et contre-propose tout texte, comme un rédacteur" in unescape(og.get(page_of(table)).text)
