"""Lambda authorizers: who is let in, and how often the function is asked."""

import json
from typing import Any

import pytest

from tests.local.api.conftest import FrontDoor

ORDER = "/api/v1/orders/1"


async def get(door: FrontDoor, token: str | None = None, path: str = ORDER) -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": token}
    status, _, body = await door.ask("GET", path, headers=headers)
    return status, json.loads(body)


async def test_without_the_identity_header_nobody_is_asked(door):
    assert await get(door) == (401, {"message": "Unauthorized"})
    assert door.authorizer_calls() == []


async def test_the_context_reaches_the_function_as_text(door):
    status, event = await get(door, "good")
    assert status == 200
    authorizer = event["requestContext"]["authorizer"]
    assert (authorizer["account"], authorizer["admin"]) == ("7", "true")
    assert authorizer["principalId"] == "u1"
    arn = "arn:aws:execute-api:us-east-1:000000000000:local/v1/GET/api/v1/orders/1"
    assert door.authorizer_calls() == [f"REQUEST {arn}"]


@pytest.mark.parametrize(
    ("token", "status", "body"),
    [
        ("nobody", 401, {"message": "Unauthorized"}),
        ("broken", 500, {"message": None}),
        ("nested", 500, {"message": None}),
        (
            "denied",
            403,
            {"Message": "User is not authorized to access this resource with an explicit deny"},
        ),
    ],
)
async def test_who_is_not_let_in_hears_why(door, token, status, body):
    assert await get(door, token) == (status, body)


async def test_an_answer_is_asked_once_and_holds_for_its_time(door):
    for _ in range(3):
        assert (await get(door, "good"))[0] == 200
        assert (await get(door, "denied"))[0] == 403
    assert len(door.authorizer_calls()) == 2


async def test_a_cached_policy_is_judged_for_each_method(door):
    assert (await get(door, "orders"))[0] == 200
    assert await get(door, "orders", "/api/v1/orders/2") == (
        403,
        {"Message": "User is not authorized to access this resource"},
    )
    assert len(door.authorizer_calls()) == 1


async def test_unauthorized_is_not_remembered(door):
    for _ in range(2):
        assert (await get(door, "nobody"))[0] == 401
    assert len(door.authorizer_calls()) == 2


async def test_a_token_authorizer_gets_the_token_and_can_go_uncached(door):
    for _ in range(2):
        assert (await get(door, "good", "/token"))[0] == 200
    arn = "arn:aws:execute-api:us-east-1:000000000000:local/v1/GET/token"
    assert door.authorizer_calls() == [f"TOKEN {arn}"] * 2


async def test_a_token_of_the_wrong_shape_is_refused_without_a_call(door):
    assert (await get(door, "GOOD1", "/token"))[0] == 401
    assert door.authorizer_calls() == []


async def test_a_route_without_an_authorizer_is_open(door):
    assert (await get(door, None, "/open"))[0] == 200


async def test_the_default_authorizer_also_guards_the_preflight_unless_told_otherwise(open_door):
    door = await open_door(without="        AddDefaultAuthorizerToCorsPreflight: false\n")
    assert (await door.ask("OPTIONS", ORDER))[0] == 401
