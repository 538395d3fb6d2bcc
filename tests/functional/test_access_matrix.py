"""Every route and every kind of caller, made from the routes: let in, or refused as it should be.

A new route is in these tables by being a route; a new kind of thing in a path has to be named here
as somebody's own or as everybody's.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from hub.adapters.postgres.tables import metadata
from hub.domain.identity import scopes
from tests.architecture.project import Function, functions
from tests.fixtures.documented import check_documented
from tests.fixtures.requests import Answer
from tests.fixtures.samples import ACCOUNT, CUSTOMER, KEY, ORDER, SESSION, bring_to_life
from tests.fixtures.worlds import World

ABSENT = "01900000-0000-7000-8000-00000000dead"
# What a path can name: things that belong to somebody, and things that do not.
OWNED = {"account_id", "order_id", "session_id", "key_id", "watchlist_id"}
EVERYBODYS = {"symbol", "date", "name"}

ROUTES = [each for each in functions() if each.route is not None and not each.route.public]
ALL = [pytest.param(each, id=each.name) for each in ROUTES]
WITH_BODY = [
    pytest.param(each, id=each.name)
    for each in functions()
    if each.route is not None and any(its.place == "body" for its in each.route.parameters)
]


OWNER = {"sub": CUSTOMER, "principalId": CUSTOMER, "sid": SESSION, "account": ""}
A_KEY = {**OWNER, "sid": KEY, "account": ACCOUNT}


def expected(function: Function, scope: str) -> int | None:
    """The status of a refusal for want of scope; None for who may ask."""
    assert function.route is not None
    return None if scopes.allows(scope, function.route.access.scope) else 403


def ask(
    function: Function,
    world: World,
    context: Mapping[str, str] | None,
    *,
    path: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
    late: int = 0,
) -> Answer:
    """The function's sample, asked by another."""
    event = json.loads(function.sample.read_text(encoding="utf-8"))
    event["pathParameters"] = {**(event["pathParameters"] or {}), **(path or {})} or None
    event["queryStringParameters"] = {**(event["queryStringParameters"] or {}), **(query or {})}
    if body is not None:
        event["body"] = json.dumps({**json.loads(event["body"]), **body})
    now = int(world.clock.now().timestamp())
    event["requestContext"]["requestTimeEpoch"] = (now + late) * 1000
    event["requestContext"].pop("authorizer", None)
    if context is not None:
        event["requestContext"]["authorizer"] = {"exp": str(now + 600), **context}
    response = function.module.handler(event, None)
    assert function.route is not None
    check_documented(function.route, response)
    return Answer(response["statusCode"], response["headers"], response["body"])


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.get("code", "")


def path_names(function: Function) -> set[str]:
    assert function.route is not None
    return {each.name for each in function.route.parameters if each.place == "path"}


def is_of_administrators(function: Function) -> bool:
    """To whom nothing is another's."""
    return function.route is not None and function.route.access.scope == scopes.ADMIN


OF_SOMEBODY = [
    pytest.param(each, id=each.name)
    for each in ROUTES
    if path_names(each) & OWNED and not is_of_administrators(each)
]


def stranger(world: World) -> dict[str, str]:
    eve = world.customer("1000")
    return {"sub": eve.customer_id, "sid": eve.session_id, "scope": "customer", "account": ""}


@pytest.mark.parametrize("function", ALL)
def test_whatever_a_path_names_is_known_as_somebodys_or_everybodys(function: Function):
    assert path_names(function) <= OWNED | EVERYBODYS


@pytest.mark.parametrize("function", ALL)
def test_who_may_not_ask_is_refused_exactly_so_and_changes_nothing(
    function: Function, sampled: World
):
    assert function.route is not None
    wants = function.route.access.scope
    before = sampled.contents()

    assert code(ask(function, sampled, None)) == (401, "no_token")
    late = ask(function, sampled, {**OWNER, "scope": f"customer {wants}"}, late=600)
    assert code(late) == (401, "token_expired")
    for scope in ("", "unknown", "read", "trade", "customer", "admin", "customer admin"):
        for context in (OWNER, A_KEY):
            if expected(function, scope) == 403:
                answer = ask(function, sampled, {**context, "scope": scope})
                assert code(answer) == (403, "scope"), scope
    if function.route.access.changes:
        answer = ask(function, sampled, {**OWNER, "sid": ABSENT, "scope": f"customer {wants}"})
        assert code(answer) == (401, "session_ended")
    assert sampled.contents() == before


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize(
    ("context", "scope"),
    [
        pytest.param(OWNER, "customer", id="customer"),
        pytest.param(OWNER, "customer admin", id="administrator"),
        pytest.param(A_KEY, "trade", id="key that trades"),
        pytest.param(A_KEY, "read", id="key that reads"),
    ],
)
def test_who_may_ask_is_answered(
    *, function: Function, sampled: World, context: Mapping[str, str], scope: str
):
    bring_to_life(function.stem, sampled)
    answer = ask(function, sampled, {**context, "scope": scope})
    if expected(function, scope) is None:
        assert answer.status in {200, 201, 202}, answer.text
    else:
        assert answer.status == 403


@pytest.mark.parametrize("function", OF_SOMEBODY)
def test_what_is_anothers_is_not_there(function: Function, sampled: World):
    eve = stranger(sampled)
    before = sampled.contents()
    missing = dict.fromkeys(path_names(function) & OWNED, ABSENT)

    foreign = ask(function, sampled, eve)
    absent = ask(function, sampled, eve, path=missing)

    assert foreign.status == 404
    assert foreign == absent
    assert sampled.contents() == before


@pytest.mark.parametrize("function", ALL)
def test_an_account_of_another_is_not_there_wherever_a_request_names_one(
    function: Function, sampled: World
):
    assert function.route is not None
    eve = stranger(sampled)
    before = sampled.contents()
    for each in function.route.parameters:
        if each.place == "query" and each.name == "account_id":
            answers = [
                ask(function, sampled, eve, query={"account_id": given})
                for given in (ACCOUNT, ABSENT)
            ]
        elif each.place == "body" and "account_id" in each.type.model_fields:
            answers = [
                ask(function, sampled, eve, body={"account_id": given})
                for given in (ACCOUNT, ABSENT)
            ]
            assert answers[0].status == 404
        else:
            continue
        assert answers[0] == answers[1]
    assert sampled.contents() == before


# Watchlists are the customer's, whichever of their accounts a key is for.
OF_ACCOUNTS = [pytest.param(each, id=each.name) for each in ROUTES if each.context != "watchlists"]


@pytest.mark.parametrize("function", OF_ACCOUNTS)
def test_a_key_of_another_account_finds_nothing_of_this_one(function: Function, sampled: World):
    """The customer is the same: another account of theirs is what the key is for."""
    assert function.route is not None
    if expected(function, scopes.TRADE) == 403:
        return
    bring_to_life(function.stem, sampled)
    before = sampled.contents()
    elsewhere = {**A_KEY, "account": ABSENT, "scope": "trade"}

    answer = ask(function, sampled, elsewhere)

    if path_names(function) & OWNED:
        missing = dict.fromkeys(path_names(function) & OWNED, ABSENT)
        assert answer.status == 404
        assert answer == ask(function, sampled, {**A_KEY, "scope": "trade"}, path=missing)
    assert ACCOUNT not in answer.text
    assert ORDER not in answer.text
    assert sampled.contents() == before


@pytest.mark.parametrize("function", ALL)
def test_what_a_stranger_reads_has_nothing_of_the_customer(function: Function, sampled: World):
    assert function.route is not None
    if function.route.access.changes:
        return
    eve = stranger(sampled)
    text = ask(function, sampled, {**eve, "scope": "customer admin"}).text
    for theirs in (CUSTOMER, ACCOUNT, SESSION, KEY, "sample@example.com"):
        assert theirs not in text


@pytest.mark.parametrize("function", WITH_BODY)
def test_no_column_can_be_written_that_is_not_asked_for(function: Function, sampled: World):
    assert function.route is not None
    (given,) = [each for each in function.route.parameters if each.place == "body"]
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    before = sampled.contents()
    for name in sorted(columns - set(given.type.model_fields)):
        context = None if function.route.public else {**OWNER, "scope": "customer admin"}
        answer = ask(function, sampled, context, body={name: "1"})
        assert answer.status == 400, name
        assert answer.faults == {(name, "extra_forbidden")}
    assert sampled.contents() == before
