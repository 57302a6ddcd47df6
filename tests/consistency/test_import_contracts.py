"""The layers of docs/architecture.md hold: in what the code says (import-linter) and in what really loads."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "pyproject.toml"
CONTRACTS = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]

LOAD_THE_DOMAIN = """
import importlib, pkgutil, sys
import negotiation
for module in pkgutil.walk_packages(negotiation.__path__, "negotiation."):
    importlib.import_module(module.name)
print(*sorted(name for name in sys.modules if "." not in name))
"""


@pytest.mark.parametrize("contract", CONTRACTS, ids=[contract["name"] for contract in CONTRACTS])
def test_each_layer_knows_only_what_is_below_it(
    contract: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    status = lint_imports(
        config_filename=str(CONFIGURATION), limit_to_contracts=(str(contract["id"]),), is_debug_mode=False
    )
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_no_contract_makes_exceptions() -> None:
    assert not [contract["name"] for contract in CONTRACTS if "ignore_imports" in contract]


def test_the_domain_never_loads_the_web_even_through_a_library() -> None:
    web = {"flask", "flask_socketio", "socketio", "werkzeug", "wtforms", "jinja2"}
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD_THE_DOMAIN], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "negotiation" in loaded
    assert web.isdisjoint(loaded)
