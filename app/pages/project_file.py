"""The contract under negotiation as a PDF: as it stands, or with what each open proposal changes marked in it."""

from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.limits import by_person, limiter
from app.pages.frame import frame_of, reader_in
from app.pages.long_prints import Paper, given
from app.security import serves
from negotiation.documents.pdf_print import fingerprint_of, print_contract
from negotiation.rules.french_names import day_words
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.contract_content import contract_as_it_stands, contract_with_changes
from negotiation.store.columns import now

project_file = Blueprint("project_file", __name__)


@project_file.get("/negociations/<negotiation_id>/projet.pdf")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.READ_TABLE)
def project_pdf(negotiation_id: str) -> ResponseReturnValue:
    """`?modifications=oui` marks the changes; of an avenant they are shown against the signed text, on a page of their
    own. Once the contract is frozen, there is no project any more."""
    is_marked = request.args.get("modifications") == "oui"
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        negotiation = frame.negotiation
        if negotiation.frozen_at is not None:
            return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))
        if is_marked and frame.heading.amends:
            return redirect(url_for("amendment_changes.show_changes", negotiation_id=negotiation_id))
    today = paris_day(now())

    def read(session: Session) -> Callable[[], bytes]:
        content = (contract_with_changes if is_marked else contract_as_it_stands)(session, negotiation_id).content
        return lambda: print_contract(
            content,
            fingerprint=fingerprint_of(content),
            label=f"Projet du {day_words(today)}",
            kind="draft",
            around={"date": today.isoformat()},
        )

    name = f"{negotiation.reference}-projet-{today.isoformat()}{'-modifications' if is_marked else ''}.pdf"
    return given(negotiation_id, Paper("modifications" if is_marked else "projet", name, read))
