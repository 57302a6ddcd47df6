"""A view of the board belongs to who kept it."""

import pytest
from flask import Flask

from negotiation.errors import InvalidInput, NotFound
from negotiation.services.views import MOST_VIEWS, forget_view, keep_view, rename_view
from negotiation.store import Announcing, Store
from negotiation.store.queries.views import View, views_of
from tests.builders import Person, a_table
from tests.visitors import Visitor


def views(person: Person) -> tuple[View, ...]:
    with person.table.store.reading() as session:
        return views_of(session, person.actor)


def keep(person: Person, name: str, query: str = "etat=accord") -> str:
    with person.table.store.unit_of_work(Announcing.SILENT) as uow:
        return keep_view(uow, person.actor, name=name, query=query)


def test_a_view_is_seen_by_its_keeper_alone(store: Store) -> None:
    table = a_table(store)
    keep(table.og.dg, "Mes  accords")
    assert [(view.name, view.query) for view in views(table.og.dg)] == [("Mes accords", "etat=accord")]
    assert views(table.og.redac) == views(table.ars.dg) == ()


def test_nobody_touches_anothers_view(store: Store) -> None:
    table = a_table(store)
    view_id = keep(table.og.dg, "Mes accords")
    for act in (lambda uow, actor: forget_view(uow, actor, view_id), lambda uow, actor: rename(uow, actor, view_id)):
        with pytest.raises(NotFound), store.unit_of_work(Announcing.SILENT) as uow:
            act(uow, table.og.redac.actor)


def rename(uow, actor, view_id):  # type: ignore[no-untyped-def]
    rename_view(uow, actor, view_id, name="À moi")


def test_keeping_under_the_same_name_replaces(store: Store) -> None:
    table = a_table(store)
    assert keep(table.og.dg, "Vue") == keep(table.og.dg, "Vue", "etat=reserve")
    assert [view.query for view in views(table.og.dg)] == ["etat=reserve"]


def test_two_views_never_bear_one_name(store: Store) -> None:
    table = a_table(store)
    keep(table.og.dg, "Une")
    other = keep(table.og.dg, "Deux")
    with pytest.raises(InvalidInput), store.unit_of_work(Announcing.SILENT) as uow:
        rename_view(uow, table.og.dg.actor, other, name="Une")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_view_has_a_name_that_fits(store: Store, name: str) -> None:
    with pytest.raises(InvalidInput):
        keep(a_table(store).og.dg, name)


def test_views_are_not_kept_without_end(store: Store) -> None:
    table = a_table(store)
    for number in range(MOST_VIEWS):
        keep(table.og.dg, f"Vue {number}")
    with pytest.raises(InvalidInput):
        keep(table.og.dg, "Une de trop")


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_view_is_kept_renamed_and_forgotten_by_plain_forms(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.og.dg.propose("en02")
    visitor = Visitor(app).enter(table.ars.lect.email)
    here = f"/negociations/{table.id}"
    kept = visitor.post(f"{here}/vues", {"name": "À suivre", "etat": "a-moi", "mots": "engagement"})
    assert kept.location.endswith(f"{here}?etat=a-moi&mots=engagement")
    assert "À suivre" in visitor.get(here).text
    (view,) = views(table.ars.lect)
    assert visitor.post(f"{here}/vues/{view.id}", {"name": "Autre nom"}).status_code == 302
    assert "Autre nom" in visitor.get(here).text
    assert visitor.post(f"{here}/vues/{view.id}", {"act": "forget"}).status_code == 302
    assert views(table.ars.lect) == ()
    assert visitor.post(f"{here}/vues/{view.id}", {"act": "forget"}).status_code == 404
