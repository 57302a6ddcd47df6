"""The open demonstration, furnished through the services so that every new screen has something to show.

`furnish(store)` gives the address of each, for `og.dg@handicap.example`.
"""

from dataclasses import dataclass

from sqlmodel import col, select

from negotiation.documents.word_model import ChangeKind, ClauseTexts, FoundChange, FoundComment, Outside, Reviewed
from negotiation.rules.seances import DecisionKind
from negotiation.rules.vocabulary import SHARED, Circle, ClauseState, Gesture, Move, PartKind, Right, Role
from negotiation.services import trames
from negotiation.services.adding import NewPart, add_part
from negotiation.services.commenting import Comment, Quotation, resolve_thread, write_comment
from negotiation.services.discussing import send_message
from negotiation.services.mandates import Terms, set_mandate
from negotiation.services.members import Carried, Seat, invite
from negotiation.services.notifying import remember_token
from negotiation.services.opening import keep_draft
from negotiation.services.orders import Order, Seen
from negotiation.services.seance_agenda import Item, add_points, point_at
from negotiation.services.seance_attendance import expect, note_guest
from negotiation.services.splitting import pieces
from negotiation.services.tasks import Wish, open_task
from negotiation.services.visas import set_visa_rule, submit
from negotiation.services.word_return import keep_return
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause
from negotiation.store.queries.instance import tables_of_instance
from negotiation.store.queries.opening import perimeter_of, trames_for
from negotiation.store.queries.seances import seances_of
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table
from tests.seance_table import Meeting, a_seance, an_open_seance

WAITING, SET_ASIDE, TALKED_OF = "en05", "en14", "en10"
"""Clauses: one waits for a visa under a mandate, one has two positions, one is commented."""
TITLE = "Handicap"
"""Of the trame that the reader copied."""


@dataclass(frozen=True)
class Places:
    """Ids of what was furnished."""

    table: str
    waiting: str
    set_aside: str
    talked_of: str
    to_split: str
    discussed_part: str
    inside_part: str
    invited: str
    trame: str
    trame_part: str
    message: str
    structure: str
    visa: str
    opening: str
    unsubscribing: str
    planned: str
    returned: str
    seance: str
    held: str
    fact: str

    def addresses(self) -> tuple[str, ...]:
        """Every screen of a negotiation that is made to be furnished, and the trames."""
        table, part = f"/negociations/{self.table}", f"/negociations/{self.table}/texte/{self.inside_part}"
        clauses = {
            name: f"/clauses/{getattr(self, name)}" for name in ("waiting", "set_aside", "talked_of", "to_split")
        }
        return (
            "/",
            f"{table}?etat=a-ecrire",
            f"{table}/membres",
            f"{table}/membres/{self.invited}",
            f"{table}/structures/{self.structure}",
            f"{table}/discussion?cercle=ours",
            f"{table}/messages/{self.message}/suite?en=tache",
            f"{table}/interne",
            f"{table}/synoptique",
            f"{table}/synoptique?part={self.discussed_part}",
            f"{table}/recherche?q=accompagnement",
            f"{table}/recherche?q=introuvable",
            f"{table}/taches",
            f"{table}/retour-de-word/{self.returned}",
            f"{table}/historique/{self.fact}/devoiler",
            f"{table}/seances",
            f"{table}/seances/nouvelle",
            f"{table}/seances/{self.planned}",
            f"{table}/seances/{self.planned}?chercher=accueil",
            f"{table}/seances/{self.seance}",
            f"{table}/seances/{self.seance}/projection",
            f"{table}/seances/{self.seance}/decisions",
            f"{table}/seances/{self.held}",
            f"{table}/seances/{self.held}/releve",
            f"{table}/avis",
            f"{table}/perimetre",
            f"{table}/vigilance",
            f"{table}/ajouter?genre=objectif",
            f"{table}/ajouter?genre=engagement&sous={self.discussed_part}",
            f"{table}/texte/{self.discussed_part}",
            f"{table}/texte/{self.discussed_part}/discussion",
            part,
            f"{part}/partage",
            f"{part}/suppression",
            clauses["waiting"],
            f"{clauses['set_aside']}/proposition",
            f"{clauses['set_aside']}/reprendre?version=1",
            f"{clauses['talked_of']}/proposition?fils=tous",
            f"{clauses['set_aside']}/choisir?version=2",
            f"{clauses['to_split']}/coupe",
            f"/ouvrir/preparations/{self.opening}",
            f"/avis/arret/{self.unsubscribing}",
            "/trames",
            "/trames/modeles/handicap",
            f"/trames/{self.trame}",
            f"/trames/{self.trame}/parties/{self.trame_part}",
            f"/trames/{self.trame}/supprimer",
        )

    def addresses_of_the_drafter(self) -> tuple[str, ...]:
        """What the colleague sees whose gestures wait for the reader's visa."""
        clause = f"/clauses/{self.waiting}"
        return (f"/negociations/{self.table}/ensemble", clause, f"{clause}/visas/{self.visa}")


def table_of(store: Store, key: str) -> Table:
    """A demonstration."""
    with store.reading() as session:
        return Table(store, next(table.id for table in tables_of_instance(session) if table.key == key))


def furnish(store: Store) -> Places:
    table = table_of(store, "handicap")
    og = table.og
    visa = _ask_for_a_visa(table)
    _set_aside(table)
    discussed = table.clause(TALKED_OF).part_id
    trame, part = _copy_a_trame(store, og.dg)
    return Places(
        table=table.id,
        waiting=table.clause_id(WAITING),
        set_aside=table.clause_id(SET_ASIDE),
        talked_of=table.clause_id(TALKED_OF),
        message=_talk(table),
        to_split=_to_split(table),
        discussed_part=discussed,
        inside_part=_prepare(table, og.dg),
        invited=_invite(table, og.dg),
        trame=trame,
        trame_part=part,
        structure=_structure(table),
        visa=visa,
        opening=_begin_to_open(store, og.dg),
        unsubscribing=_a_link_of_his_mails(table, og.dg),
        planned=_on_the_agenda(a_seance(table, og.dg), og.dg).id,
        seance=_in_session(table, og.dg).id,
        held=_told_by_the_file(table),
        returned=_back_from_word(table, og.dg),
        fact=_said_inside(table),
    )


def _said_inside(table: Table) -> str:
    """The id of a fact of our own chain: a comment."""
    own = (col(HistoryEntry.negotiation_id) == table.id, col(HistoryEntry.circle) == str(table.og.inside))
    with table.store.reading() as session:
        query = select(col(HistoryEntry.id)).where(*own, col(HistoryEntry.kind) == "comment.written")
        return str(session.execute(query.order_by(col(HistoryEntry.sequence).desc())).scalars().first())


def _back_from_word(table: Table, person: Person) -> str:
    """A file whose export nobody knows: a clause changed with tracking, another that is agreed, a comment."""
    changed, agreed = (table.clause_id(name).replace("-", "") for name in (SET_ASIDE, "en01"))
    reviewed = Reviewed(
        clauses=(ClauseTexts(changed, "Un texte.", "Un texte relu."), ClauseTexts(agreed, "Accordé.", "Changé.")),
        changes=(FoundChange(ChangeKind.INSERTED, "Auteur", "2026-07-09T18:20:00Z", " relu", changed),),
        comments=(FoundComment("0", "Auteur", "2026-07-09T18:30:00Z", "Est-ce sûr ?", "relu", changed),),
        outside=Outside(formatting=14, edges=2),
    )
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        return keep_return(uow, person.actor, reviewed, file_name="CPOM relu.docx", size=96_000, request_key=None)


def _on_the_agenda(meeting: Meeting, chair: Person) -> Meeting:
    with meeting.table.store.unit_of_work(Announcing.SILENT) as uow:
        clauses = [Item(clause_id=meeting.table.clause_id(each), minutes=20) for each in (TALKED_OF, SET_ASIDE)]
        add_points(uow, chair.actor, meeting.id, [*clauses, Item(title="Divers")])
        expect(uow, chair.actor, meeting.id, {chair.member.id, meeting.table.ars.resp.member.id})
    return meeting


def _in_session(table: Table, chair: Person) -> Meeting:
    """Open on its first point, with a decision that waits and one for another party to confirm."""
    meeting = _on_the_agenda(an_open_seance(table, chair), chair)
    first = meeting.seen_by(chair).points[0].id
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        point_at(uow, chair.actor, meeting.id, first)
        note_guest(uow, chair.actor, meeting.id, party_id=table.cd.id, name="Adjointe au maire")
    meeting.record(chair, DecisionKind.TASK, TALKED_OF, text="Chiffrer une place de plus.", owner=chair.member.id)
    meeting.record(table.ars.resp, DecisionKind.QUESTION, TALKED_OF, text="Dès 2027 ?", party_id=table.og.id)
    return meeting


def _told_by_the_file(table: Table) -> str:
    with table.store.reading() as session:
        return next(card.id for card in seances_of(session, table.og.dg.actor) if card.is_imported)


def _ask_for_a_visa(table: Table) -> str:
    """A counter-proposal outside its own mandate, that somebody else wrote, waits for the reader's visa: its id."""
    director, drafter = table.og.dg, table.og.daf
    current, clause_id = table.current(WAITING), table.clause_id(WAITING)
    assert current is not None
    order = Order(
        Move.COUNTER_PROPOSAL,
        text=f"{current.text}\n\nUn bilan est fait chaque année.",
        motive="Le bilan rassure les familles.",
        value=current.value,
        seen=Seen(current.number, current.fingerprint),
    )
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, director.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
        set_mandate(uow, director.actor, clause_id, Terms(leeway="Céder sur la date.", fallback="Le texte de repli."))
        asked = submit(uow, drafter.actor, clause_id, order, words="À relire avant jeudi.", despite_mandate=True)
    assert asked.request_id is not None
    return asked.request_id


def _set_aside(table: Table) -> None:
    """Our text, then another from the same base, that doesn't answer it: « à reprendre »."""
    table.og.dg.propose(SET_ASIDE, "La fondation réunit un comité par an.\n\nLe département y siège.")
    table.ars.resp.propose(SET_ASIDE, "La fondation réunit deux comités par an.\n\nLe département y siège.")


def _talk(table: Table) -> str:
    """A thread on a passage, another that is settled; a message and a task beside. Returns the message's id."""
    clause_id, current = table.clause_id(TALKED_OF), table.current(TALKED_OF)
    assert current is not None
    quote = " ".join(current.text.splitlines()[0].split()[:5])
    part_id = table.clause(TALKED_OF).part_id
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        director, officer = table.og.dg.actor, table.ars.resp.actor
        cited = Quotation(quote, version=current.id)
        write_comment(uow, officer, clause_id, Comment(SHARED, "Sur quelle période ?", cited))
        settled = write_comment(uow, director, clause_id, Comment(SHARED, "Le chiffre est vérifié."))
        resolve_thread(uow, director, clause_id, settled)
        inside = table.og.inside
        write_comment(uow, director, clause_id, Comment(inside, "Ne pas aller plus loin."))
        message = send_message(uow, officer, circle=SHARED, text="Le tableau arrive demain.", part_id=part_id)
        open_task(uow, director, Wish(SHARED, "Lire le tableau", owner=director.member_id, message=message))
        open_task(uow, director, Wish(inside, "Chiffrer une place de plus", part_id=part_id))
    return message


def _to_split(table: Table) -> str:
    """The id of a text in several pieces that nobody proposed yet."""
    with table.store.reading() as session:
        waiting = (col(Clause.negotiation_id) == table.id, col(Clause.state) == ClauseState.TO_WRITE)
        found = session.execute(select(Clause).where(*waiting)).scalars()
        return next(clause.id for clause in found if len(pieces(clause.working_text)) > 2)


def _prepare(table: Table, director: Person) -> str:
    new = NewPart(PartKind.STRATEGIC_OBJECTIVE, "Préparer les départs à la retraite", circle=Circle.inside(table.og.id))
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        return add_part(uow, director.actor, new)


def _invite(table: Table, director: Person) -> str:
    seat = Seat("Assistante de direction", (str(Right.COMMENTATEUR),))
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        return invite(
            uow, director.actor, email="assistante@orlinde.example", seat=seat, carried=Carried.BY_HAND
        ).member_id


def _copy_a_trame(store: Store, director: Person) -> tuple[str, str]:
    """The id of the copy, and the key of its first part."""
    with store.unit_of_work(Announcing.SILENT) as uow:
        model = next(card.trame for card in trames_for(uow.session, director.person_id) if card.id == "handicap")
        return trames.copy_trame(uow, director.person_id, model, title=TITLE), model.parts[0].key


def _structure(table: Table) -> str:
    with table.store.reading() as session:
        return perimeter_of(session, table.id)[0].key


def _begin_to_open(store: Store, director: Person) -> str:
    with store.unit_of_work(Announcing.SILENT) as uow:
        return keep_draft(uow, director.person_id, {"trame": ["handicap"]}, title="CPOM en préparation")


def _a_link_of_his_mails(table: Table, director: Person) -> str:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        remember_token(uow, director.person_id, table.id, "jeton-de-ses-courriels")
    return "jeton-de-ses-courriels"
