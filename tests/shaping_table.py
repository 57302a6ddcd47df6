"""A table of three parties that is being shaped: who writes for the gestionnaire, and who answers for the ARS."""

import pytest
from flask import Flask

from tests.builders import Table, a_table
from tests.visitors import Visitor


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


@pytest.fixture
def og(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.og.redac.email)


@pytest.fixture
def ars(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.ars.dg.email)
