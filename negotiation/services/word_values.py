"""Values in the words of their readers, and back: keys of parties, members and establishments are names there."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from sqlmodel import Session

from negotiation.rules.french_display import FAMILIES_OF_CHOICES, WORDS_OF_CHOICES, value_text
from negotiation.rules.policy import Actor
from negotiation.rules.values import Canonical
from negotiation.rules.values_shown import value_from_words
from negotiation.rules.vocabulary import ValueKind
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.opening import perimeter_of
from negotiation.store.queries.people import members_of, parties_of


class NamedValues:
    """Of one negotiation, as one person reads it."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self._session, self._actor = session, actor

    def shown(self, card: ClauseCard, value: Any) -> str:
        """« 840 000 € », « ARS »; "" for none."""
        names = self._names.get(str(card.attributes.get("names")), WORDS_OF_CHOICES)
        if card.value_kind is ValueKind.CHOICE and isinstance(value, str):
            value = names.get(value, value)
        elif card.value_kind is ValueKind.LIST and value is not None:
            value = [names.get(item, item) for item in value]
        return value_text(value, card.unit, card.value_kind)

    def read(self, card: ClauseCard, words: str) -> Canonical:
        """Raises WrongValue, on what may be read in two ways too."""
        return value_from_words(words, card.value_kind, unit=card.unit, choices=self._choices(card))

    def _choices(self, card: ClauseCard) -> Mapping[str, str]:
        """Those of the list that the value is chosen from; of a value that no known list holds, none."""
        if names := self._names.get(str(card.attributes.get("names"))):
            return names
        family = next((choices for choices in FAMILIES_OF_CHOICES if card.value in choices), ())
        return {key: WORDS_OF_CHOICES.get(key, key) for key in family}

    @cached_property
    def _names(self) -> Mapping[str, Mapping[str, str]]:
        session, table = self._session, self._actor.negotiation_id
        return {
            "party": {party.key: party.name for party in parties_of(session, table)},
            "member": {member.key: member.title for member in members_of(session, table).values()},
            "essms": {essms.key: essms.name for essms in perimeter_of(session, table)},
        }
