"""What the hot handlers import is their cold start: each keeps to its budget."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOT = (
    "orders/submit_order",
    "orders/cancel_order",
    "orders/get_order",
    "market/get_market_data",
    "identity/login",
)
# Each costs 50 to 500 ms, and none of these handlers has a use for it.
FORBIDDEN = (
    "sqlalchemy",
    "alembic",
    "boto3",
    "botocore",
    "grpc",
    "pandas",
    "aws_lambda_powertools.event_handler",
)
UNWANTED = tuple(f"{each}." for each in FORBIDDEN)
# Powertools looks for the bare package, to tell it its name.
ALLOWED = {"botocore"}
# Modules beyond the standard library's, which differ from Python to Python: measured, plus a tenth.
BUDGETS = {
    "orders/submit_order": 169,
    "orders/cancel_order": 171,
    "orders/get_order": 132,
    "market/get_market_data": 130,
    "identity/login": 152,
}
LOADED = "import json, sys; import {module}; print(json.dumps(sorted(sys.modules)))"


def loaded_by(handler):
    """The modules that a fresh process has loaded once it has imported the handler."""
    folder, _, module = handler.partition("/")
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(module=module)],
        env={"PYTHONPATH": f"{ROOT / 'functions' / folder}:{ROOT / 'layers' / 'hub'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=HOT)
def loaded(request):
    return request.param, loaded_by(request.param)


def test_a_hot_handler_imports_nothing_heavy(loaded):
    _, modules = loaded
    heavy = [each for each in modules if f"{each}.".startswith(UNWANTED) and each not in ALLOWED]
    assert "pydantic" in modules
    assert heavy == []


def test_a_hot_handler_keeps_to_its_number_of_modules(loaded):
    handler, modules = loaded
    ours = [each for each in modules if each.partition(".")[0] not in sys.stdlib_module_names]
    assert len(ours) <= BUDGETS[handler]


def test_the_adapters_are_imported_when_they_are_made(loaded):
    _, modules = loaded
    assert "hub.bootstrap" in modules
    assert [each for each in modules if each.startswith("hub.adapters")] == []
