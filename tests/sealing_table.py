"""A contract frozen and signed by clicks, as its seal wants it: the page seals, the services alone don't."""

import re
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.services.signing import consent_text
from negotiation.store.people import Party
from negotiation.store.record import FrozenVersion
from tests.builders import Person, Table
from tests.closing_table import MANDATE
from tests.visitors import Visitor


def sits(app: Flask, email: str) -> Visitor:
    """Signed in."""
    return Visitor(app).enter(email)


def gel_by_clicks(app: Flask, table: Table) -> None:
    for person in (table.og.dg, table.ars.dg, table.cd.sign):
        visitor = sits(app, person.email).choose_password()
        page = visitor.get(f"/negociations/{table.id}/versions").text
        seen = re.search(r'name="content_hash" value="(\w{64})"', page)
        assert seen, page
        sent = visitor.post(f"/negociations/{table.id}/gel", {"act": "request", "content_hash": seen[1]})
        assert sent.status_code == 302, sent.text


def the_version(table: Table) -> FrozenVersion:
    with table.store.reading() as session:
        query = select(FrozenVersion).where(col(FrozenVersion.negotiation_id) == table.id)
        version: FrozenVersion = session.execute(query).scalar_one()
        return version


def signature_fields(table: Table, person: Person, **more: Any) -> dict[str, Any]:
    version = the_version(table)
    with table.store.reading() as session:
        name = session.get_one(Party, person.member.party_id).name
    return {
        "version_id": version.id,
        "content_hash": version.content_hash,
        "mandate": MANDATE.reference,
        "mandate_on": MANDATE.on,
        "consent": consent_text(name, version.content_hash),
        **more,
    }


def click_signature(app: Flask, person: Person) -> str:
    """The page that follows the first signature of somebody who has no password yet."""
    table = person.table
    visitor = sits(app, person.email)
    visitor = (
        visitor if "choisir" not in visitor.get("/connexion/confirmer").text.lower() else visitor.choose_password()
    )
    sent = visitor.post(f"/negociations/{table.id}/signature", signature_fields(table, person))
    assert sent.status_code == 302, sent.text
    return visitor.get(sent.headers["Location"]).text
