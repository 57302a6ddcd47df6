"""`#EN06` in a message: what it names is looked for among what all those read to whom it is said."""

from sqlmodel import Session

from negotiation.rules.policy import Actor, circles_of
from negotiation.rules.references import MOST_REFERENCES, same_sign, signs_in
from negotiation.rules.vocabulary import Circle
from negotiation.services.widening import is_wider
from negotiation.store.queries.references import Reference, references_offered


def references_for(session: Session, actor: Actor, circle: Circle) -> tuple[Reference, ...]:
    """What may be named to the readers of `circle`: a part that is still prepared inside is offered to its inside."""
    return references_offered(session, actor, [each for each in circles_of(actor) if not is_wider(circle, each)])


def named_by(session: Session, actor: Actor, circle: Circle, text: str) -> list[str]:
    """The ids of what these words name. What they spell and nobody there reads stays a word."""
    signs = signs_in(text)[:MOST_REFERENCES]
    if not signs:
        return []
    known = {same_sign(each.sign): each.id for each in references_for(session, actor, circle)}
    return [known[sign] for sign in signs if sign in known]
