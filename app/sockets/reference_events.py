"""What the editor compares a draft with, asked for when a text is opened and whenever its clause moved."""

from app.database import current_store
from app.sockets.plain_json import in_base64
from app.sockets.registry import Answer, Caller, Message, handles
from negotiation.drafting.schema import UUID
from negotiation.errors import InvalidInput
from negotiation.rules.vocabulary import Action
from negotiation.services.access import seated_at_draft
from negotiation.services.draft_references import references_of


@handles("read_references", Action.READ_DRAFT)
def read_references(caller: Caller, message: Message) -> Answer:
    """The texts of reference of one clause of a draft, and whose the writers' numbers are."""
    draft_id, clause_id = message.text("draft", longest=36), message.text("clause", longest=36)
    if not UUID.match(clause_id):
        raise InvalidInput(field="clause")
    person = caller.person
    with current_store().asking() as connection:
        seated = seated_at_draft(connection, draft_id, person_id=person.person_id, authentication=person.authentication)
        found = references_of(connection, seated.actor, draft_id=draft_id, clause_id=clause_id)
    return {
        "references": {
            str(name): {"number": text.number, "update": in_base64(text.update), "value": text.value}
            for name, text in found.texts.items()
        },
        "writers": {str(client_id): letter for client_id, letter in found.writers.items()},
        "parties": dict(found.parties),
        "credits": {"text": found.credits.text, "runs": found.credits.runs} if found.credits else None,
    }
