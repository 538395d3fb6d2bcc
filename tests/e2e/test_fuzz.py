"""The API under what its own document describes, valid and not: nothing breaks, nothing is unsaid.

The run of the gate is bounded, and the same each time. A longer one, from another seed:
HUB_FUZZ_EXAMPLES=400 HUB_FUZZ_SEED=7 ./dev test tests/e2e/test_fuzz.py
"""

import copy
import json
import os
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from redis import Redis

from local.options import ROOT
from tests.e2e.platforms import Customer, Platform

EXAMPLES = int(os.environ.get("HUB_FUZZ_EXAMPLES", "6"))
SEED = int(os.environ.get("HUB_FUZZ_SEED", "1"))
DOCUMENT = json.loads((ROOT / "functions" / "operations" / "openapi.json").read_text("utf-8"))
# A token lives for ten minutes, and a long run for longer.
LOG_IN_SECONDS = 300.0
# After these a customer has to log in again.
ENDING = {"logout", "logout_all"}


class Operation(NamedTuple):
    path: str
    method: str
    guarded: bool
    told: bool


OPERATIONS = {
    its["operationId"]: Operation(
        path, method, "security" in its, bool({"parameters", "requestBody"} & set(its))
    )
    for path, methods in DOCUMENT["paths"].items()
    for method, its in methods.items()
}
GUARDED = [name for name, its in OPERATIONS.items() if its.guarded]

bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Administrator:
    """A customer whom no route refuses for want of a scope, and whose token is never old."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self.log_in()

    def log_in(self) -> None:
        self.customer.log_in()
        self._since = monotonic()

    @property
    def headers(self) -> Mapping[str, str]:
        if monotonic() - self._since > LOG_IN_SECONDS:
            self.log_in()
        return {"Authorization": f"Bearer {self.customer.token}"}


class Fuzz(NamedTuple):
    """`schema` is the document as schemathesis reads it, `checks` what every answer has to pass."""

    schema: Any
    checks: list[Any]
    url: str

    def cases(self, name: str, *, wrong: bool) -> "st.SearchStrategy[Any]":
        """Requests as the document has them, and, if wanted, requests that break it somewhere."""
        from schemathesis import GenerationMode

        operation = self.schema[OPERATIONS[name].path][OPERATIONS[name].method]
        modes = [mode for mode in GenerationMode if mode.is_positive or wrong]
        return st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

    def ask(self, case: Any, headers: Mapping[str, str]) -> int:
        """The status of the answer, which is as the document says."""
        answer = case.call(base_url=self.url, headers=dict(headers), timeout=60)
        case.validate_response(answer, checks=self.checks)
        return int(answer.status_code)


def fuzz_of(document: dict[str, Any], platform: Platform) -> Fuzz:
    import schemathesis
    from schemathesis.checks import load_all_checks, not_a_server_error
    from schemathesis.specs.openapi import checks

    load_all_checks()
    passed = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    schema = schemathesis.openapi.from_dict(document)
    return Fuzz(schema, passed, f"http://127.0.0.1:{platform.api_port}")


@pytest.fixture(scope="module")
def fuzz(platform: Platform) -> Fuzz:
    """The tokens are ours: nothing is made up in their place."""
    document = copy.deepcopy(DOCUMENT)
    for methods in document["paths"].values():
        for its in methods.values():
            its.pop("security", None)
    return fuzz_of(document, platform)


@pytest.fixture(scope="module")
def strangers(platform: Platform) -> Fuzz:
    """Tokens are made up as well."""
    return fuzz_of(DOCUMENT, platform)


@pytest.fixture(scope="module")
def administrator(platform: Platform) -> Administrator:
    customer = Customer(platform.api_port, cash="100000.00")
    customer.ended(customer.order(quantity="10").body["order_id"])
    platform.grant(customer.email)
    return Administrator(customer)


@pytest.fixture(scope="module")
def own(administrator: Administrator) -> Mapping[str, str]:
    """What the customer has, by the name that a path gives it."""
    customer = administrator.customer
    (order,) = customer.get("/orders").body["orders"]
    return {
        "account_id": customer.account_id,
        "order_id": order["order_id"],
        "symbol": "AAPL",
    }


@pytest.fixture(autouse=True)
def forgiven(platform: Platform) -> Iterator[None]:
    """Passwords are guessed here without end; the tests that come after still want to log in."""
    yield
    with Redis.from_url(platform.redis_url) as redis:
        for key in redis.scan_iter("attempts:*"):
            redis.delete(key)


@pytest.mark.timeout(120 + 5 * EXAMPLES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_whoever_may_ask_is_answered_as_the_document_says(
    name: str, fuzz: Fuzz, administrator: Administrator, own: Mapping[str, str]
):
    operation = OPERATIONS[name]

    @seed(SEED)
    @bounded
    @given(case=fuzz.cases(name, wrong=operation.told), theirs=st.booleans())
    def holds(*, case: Any, theirs: bool) -> None:
        asked = case.path_parameters
        if theirs and asked:
            case.path_parameters = asked | {key: own[key] for key in asked if key in own}
        try:
            status = fuzz.ask(case, administrator.headers)
        finally:
            if name in ENDING:
                administrator.log_in()
        assert status != 401 or not operation.guarded, "the session has ended"

    holds()


@pytest.mark.timeout(120 + 5 * EXAMPLES)
@pytest.mark.parametrize("name", GUARDED)
def test_whoever_makes_up_a_token_is_told_nothing_but_that(name: str, strangers: Fuzz):
    @seed(SEED)
    @settings(bounded, max_examples=max(2, EXAMPLES // 5))
    @given(case=strangers.cases(name, wrong=True))
    def holds(*, case: Any) -> None:
        assert strangers.ask(case, {}) == 401

    holds()
