"""The account stream's handlers: frames as the gateway hands them on, answers by the connection."""

import json
from typing import Any

import pytest

from functions.streaming import (
    close_connection,
    on_account_event,
    open_connection,
    ping_connection,
    refuse_frame,
    renew_connection,
    resume_account,
    subscribe_account,
    unsubscribe_account,
)
from hub.application.ports.identity import Identity
from hub.domain.identity.sessions import Ending
from hub.domain.kernel import UnauthenticatedError
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import TRACE, Customer, World

ROUTES = {
    "subscribe": subscribe_account,
    "resume": resume_account,
    "unsubscribe": unsubscribe_account,
    "renew": renew_connection,
    "ping": ping_connection,
}


class Sockets:
    """A gateway in memory: it opens connections, and shows what was posted to them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.posted: list[dict[str, Any]] = []
        world.hub.posts = self

    def post(self, _connection_id: str, frame: str) -> bool:
        self.posted.append(json.loads(frame))
        return True

    def end(self, connection_id: str) -> None:
        raise AssertionError(connection_id)

    def context(self, customer: Customer, route: str) -> dict[str, Any]:
        now = self.world.clock.now().timestamp()
        return {
            "routeKey": route,
            "connectionId": "one",
            "requestId": TRACE,
            "requestTimeEpoch": int(now * 1000),
            "authorizer": {
                "sub": customer.customer_id,
                "sid": customer.session_id,
                "scope": "customer",
                "exp": str(int(now) + 600),
                "account": customer.key_account,
            },
        }

    def open(self, customer: Customer, **headers: str) -> dict[str, Any]:
        event = {"headers": headers, "requestContext": self.context(customer, "$connect")}
        return open_connection.handler(event, None)

    def send(self, customer: Customer, route: str, body: object) -> dict[str, Any]:
        """What was posted last."""
        text = body if isinstance(body, str) else json.dumps(body)
        event = {"requestContext": self.context(customer, route), "body": text}
        module = ROUTES.get(route, refuse_frame)
        assert module.handler(event, None) == {"statusCode": 200}
        return self.posted[-1]


@pytest.fixture
def sockets(front: Front) -> Sockets:
    return Sockets(front.world)


@pytest.fixture
def customer(sockets: Sockets) -> Customer:
    customer = sockets.world.customer()
    assert sockets.open(customer) == {"statusCode": 200}
    return customer


def test_subscribing_is_confirmed_and_events_follow(sockets: Sockets, customer: Customer):
    frame = {"action": "subscribe", "account_id": customer.account_id}
    assert sockets.send(customer, "subscribe", frame)["type"] == "subscribed"
    sockets.world.deposit(customer, "10.00")
    body = json.dumps({"version": 1, "account_id": customer.account_id})
    record = {"messageId": "m", "body": body}

    class Context:
        aws_request_id = TRACE

    answer = on_account_event.handler({"Records": [record]}, Context)
    assert answer == {"batchItemFailures": []}
    told = sockets.posted[-1]
    assert told["account_id"] == customer.account_id
    assert [event["type"] for event in told["events"]] == ["CashDeposited"]
    assert sockets.send(customer, "unsubscribe", {**frame, "action": "unsubscribe"})["type"] == (
        "unsubscribed"
    )


def test_a_ping_is_answered(sockets: Sockets, customer: Customer):
    assert sockets.send(customer, "ping", {"action": "ping"}) == {"type": "pong"}


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("subscribe", {"action": "subscribe"}, "account_id"),
        ("subscribe", {"action": "subscribe", "account_id": "x"}, "account_id"),
        (
            "resume",
            {"action": "resume", "account_id": "0" * 8 + "-0000" * 3 + "-" + "0" * 12},
            "after",
        ),
        ("unsubscribe", {"action": "unsubscribe", "account_id": 7}, "account_id"),
        ("renew", {"action": "renew", "token": "x" * 4097}, "token"),
        ("ping", {"action": "ping", "more": 1}, "more"),
    ],
)
def test_a_frame_that_breaks_a_rule_is_told_the_field(
    sockets: Sockets, customer: Customer, route: str, body: dict[str, Any], field: str
):
    told = sockets.send(customer, route, body)
    assert (told["type"], told["code"]) == ("error", "invalid_input")
    assert field in {each["field"] for each in told["errors"]}


@pytest.mark.parametrize(
    ("text", "code"),
    [("no JSON", "bad_json"), ("[1]", "bad_json"), ('{"action": "dance"}', "unknown_action")],
)
def test_a_frame_that_is_none_of_ours_is_told_the_actions(
    sockets: Sockets, customer: Customer, text: str, code: str
):
    told = sockets.send(customer, "$default", text)
    assert told["code"] == code
    assert "subscribe" in told["detail"]


def test_anothers_account_is_like_one_that_is_not_there(sockets: Sockets, customer: Customer):
    other = sockets.world.customer()
    absent = "01900000-0000-7000-8000-00000000ffff"
    answers = [
        sockets.send(customer, "resume", {"action": "resume", "account_id": each, "after": 0})
        for each in (other.account_id, absent)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "not_found"


def test_an_ended_session_and_an_expired_credential_are_refused(
    sockets: Sockets, customer: Customer
):
    hub, at = sockets.world.hub, sockets.world.clock.now()
    hub.sessions.end_all(customer.customer_id, Ending.LOGOUT, at)
    assert sockets.send(customer, "ping", {"action": "ping"})["code"] == "session_ended"
    sockets.world.clock.advance(600)
    assert sockets.send(customer, "ping", {"action": "ping"})["code"] == "auth_expired"


def test_a_fresh_token_prolongs_the_connection_and_a_bad_or_foreign_one_does_not(
    sockets: Sockets, customer: Customer, monkeypatch: pytest.MonkeyPatch
):
    until = sockets.world.clock.now().replace(year=2099)
    other = sockets.world.customer()
    known = {
        "fresh": Identity(customer.customer_id, customer.session_id, "customer", until),
        "foreign": Identity(other.customer_id, other.session_id, "customer", until),
    }

    def authorize(credential: str) -> Identity:
        if credential not in known:
            raise UnauthenticatedError("the token is not valid", code="bad_token")
        return known[credential]

    monkeypatch.setitem(sockets.world.hub.__dict__, "authorize", authorize)
    for token, answer in (("stale", "bad_token"), ("foreign", "not_yours")):
        assert (
            sockets.send(customer, "renew", {"action": "renew", "token": token})["code"] == answer
        )
    assert (
        sockets.send(customer, "renew", {"action": "renew", "token": "fresh"})["type"] == "renewed"
    )
    sockets.world.clock.advance(86_400)
    assert sockets.send(customer, "ping", {"action": "ping"}) == {"type": "pong"}


def test_the_subprotocol_is_answered_and_a_strangers_page_refused(sockets: Sockets):
    customer = sockets.world.customer()
    offered = {"Sec-WebSocket-Protocol": "hub.v1, hub.bearer.a.b.c"}
    assert sockets.open(customer, Origin="https://stranger.example")["statusCode"] == 403
    answer = sockets.open(customer, **offered)
    assert answer["headers"] == {"Sec-WebSocket-Protocol": "hub.v1"}


def test_a_connection_that_closed_is_forgotten(sockets: Sockets, customer: Customer):
    event = {"requestContext": sockets.context(customer, "$disconnect")}
    assert close_connection.handler(event, None) == {"statusCode": 200}
    assert close_connection.handler(event, None) == {"statusCode": 200}
    assert sockets.world.hub.connections.find("one") is None
    assert sockets.send(customer, "ping", {"action": "ping"})["code"] == "auth_expired"


def test_the_log_is_read_from_any_place(front: Front):
    customer = front.world.customer()
    for amount in ("1.00", "2.00", "3.00"):
        front.world.deposit(customer, amount)
    path = {"account_id": customer.account_id}

    def ask(caller: Customer, **query: str) -> Answer:
        return front.call("streaming.list_account_events", caller, path=path, query=query)

    whole = ask(customer).body
    numbers = [event["sequence"] for event in whole["events"]]
    assert numbers == list(range(1, whole["head"] + 1))
    page = ask(customer, after=str(numbers[0]), limit="2").body
    assert [event["sequence"] for event in page["events"]] == numbers[1:3]
    assert (page["after"], page["head"]) == (numbers[2], whole["head"])
    assert ask(customer, after="-1").status == 400
    assert ask(front.world.customer()).status == 404
