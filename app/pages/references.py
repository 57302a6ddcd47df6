"""`#EN06` on a page: the words of a message with what they name as links."""

from markupsafe import Markup

from app.pages.presentation import typo
from negotiation.rules.references import pieces_of, same_sign
from negotiation.store.queries.discussion import MessageView
from negotiation.store.queries.references import Reference


def with_references(message: MessageView, table: str) -> Markup:
    """The words as they are read, each sign of what this reader may read as a link. `table`: address of the table."""
    named = {same_sign(each.sign): each for each in message.refs}
    if not named:
        return typo(message.text)
    return Markup("").join(_piece(words, found, table) for words, found in pieces_of(message.text, named))


def named_besides(message: MessageView) -> tuple[Reference, ...]:
    """What a message names and its words don't spell: they came with a file, or its code has changed since."""
    named = {same_sign(each.sign): each for each in message.refs}
    spelled = {found.id for _, found in pieces_of(message.text, named) if found}
    return tuple(each for each in message.refs if each.id not in spelled)


def address_of(reference: Reference, table: str) -> str:
    return reference.address if reference.clause_id else f"{table}{reference.address}"


def _piece(words: str, found: Reference | None, table: str) -> Markup:
    if found is None:
        return typo(words)
    link = Markup('<a class="reference" dir="ltr" href="{}" title="{}">{}</a>')
    return link.format(address_of(found, table), found.title, words)
