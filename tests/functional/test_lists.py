"""Every list of the API: pages of a bounded size, cursors of ours alone, filters that are known."""

import json
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from hub.domain.identity import scopes
from tests.architecture.project import Function, functions
from tests.fixtures.requests import Answer
from tests.fixtures.samples import CUSTOMER, SESSION
from tests.fixtures.worlds import World

# Lists without cursors of ours, each with what bounds it.
BOUNDED = {
    "export_me": "what is kept of one person",
    "get_cache": "a row for each kind of entry",
    "get_market_calendar": "the days that are asked for, of a limit of its own",
    "get_order_timeline": "the steps of one order",
    "get_portfolio_history": "a day each of a period",
    "get_portfolio_summary": "what is held",
    "get_shared_watchlist": "twenty symbols",
    "get_watchlist": "twenty symbols",
    "get_proof": "the ledger accounts and the invariants of one account",
    "get_reconciliation": "what differs on one day",
    "list_account_events": "pages by the numbers of events, which clients keep",
    "list_api_keys": "twenty keys",
    "list_machine_runs": "the ladders of one order",
    "list_market_data": "the symbols that are asked for, a hundred at most",
    "list_queues": "the queues of the template",
    "list_troubled_orders": "a page of those that have waited longest: who waits is decided upon",
    "list_sessions": "the log-ins of one person",
}
# A bar is small, and charts want many.
LONGEST = {"list_bars": 10_000}


def has_list(function: Function) -> bool:
    route = function.route
    if route is None or route.method != "GET" or not isinstance(route.returns, type):
        return False
    if not issubclass(route.returns, BaseModel):
        return False
    return any(_is_list(field.annotation) for field in route.returns.model_fields.values())


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) in {list, tuple}:
        return True
    return any(_is_list(each) for each in get_args(annotation))


LISTS = [each for each in functions() if has_list(each)]
PAGED = [pytest.param(each, id=each.name) for each in LISTS if each.stem not in BOUNDED]


def ask(function: Function, world: World, **query: str) -> Answer:
    event = json.loads(function.sample.read_text(encoding="utf-8"))
    event["queryStringParameters"] = {**(event["queryStringParameters"] or {}), **query}
    assert function.route is not None
    now = int(world.clock.now().timestamp())
    event["requestContext"]["requestTimeEpoch"] = now * 1000
    event["requestContext"]["authorizer"] = {
        "sub": CUSTOMER,
        "sid": SESSION,
        "scope": f"{scopes.CUSTOMER} {scopes.ADMIN}",
        "account": "",
        "exp": str(now + 600),
    }
    response = function.module.handler(event, None)
    return Answer(response["statusCode"], response["headers"], response["body"])


def test_the_bounded_lists_are_lists_of_the_api():
    assert {each.stem for each in LISTS} >= BOUNDED.keys()


@pytest.mark.parametrize("function", PAGED)
def test_a_list_has_pages(function: Function):
    assert function.route is not None
    assert {"limit", "cursor"} <= {each.name for each in function.route.parameters}
    assert "next_cursor" in function.route.returns.model_fields


@pytest.mark.parametrize("function", PAGED)
def test_pages_are_bounded_and_filters_and_cursors_looked_at(function: Function, sampled: World):
    most = LONGEST.get(function.stem, 500)
    assert ask(function, sampled, limit="1").status == 200
    assert ask(function, sampled, limit=str(most)).status == 200
    for limit in ("0", "-1", str(most + 1), "1.5", "x", "٣"):
        refused = ask(function, sampled, limit=limit)
        assert (refused.status, refused.body["errors"][0]["field"]) == (400, "limit")
    for cursor in ("x", "bnVsbA", "W10", "WzFd", "W251bGxd", "WyJ4Il0x"):
        refused = ask(function, sampled, cursor=cursor)
        assert (refused.status, refused.faults) == (400, {("cursor", "cursor")}), cursor
    refused = ask(function, sampled, colour="blue")
    assert (refused.status, refused.faults) == (400, {("colour", "unknown")})
