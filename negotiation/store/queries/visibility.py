"""The one filter between a reader and what carries text. There is no second way."""

from typing import Any

from sqlalchemy import ColumnElement

from negotiation.rules.policy import Actor, circles_of
from negotiation.rules.vocabulary import SHARED


def on_the_table(circle_column: Any) -> ColumnElement[bool]:
    """Rows that every party reads, whoever asks: what the contract, its gel and its counts are made of."""
    condition: ColumnElement[bool] = circle_column == str(SHARED)
    return condition


def visible(circle_column: Any, actor: Actor) -> ColumnElement[bool]:
    """Rows whose circle this person reads."""
    condition: ColumnElement[bool] = circle_column.in_([str(circle) for circle in circles_of(actor)])
    return condition
