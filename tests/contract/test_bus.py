"""EventBridge as plain boto3 sees it: the local twin and moto route the same events."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.queues.message import QueueSpec
from tests.contract.aws_worlds import WORLDS, Wiring, World, local_world

RULES: dict[str, tuple[dict[str, Any], str]] = {
    "exact": ({"source": ["hub.orders"], "detail": {"status": ["filled", "rejected"]}}, "exact"),
    "prefix": ({"detail": {"symbol": [{"prefix": "BRK"}]}}, "prefix"),
    "suffix": ({"detail": {"symbol": [{"suffix": ".B"}]}}, "suffix"),
    "anything-but": ({"detail": {"side": [{"anything-but": ["buy"]}]}}, "anything-but"),
    "numeric": ({"detail": {"price": [{"numeric": [">", 10, "<=", 20.5]}]}}, "numeric"),
    "exists": ({"detail": {"limit": [{"exists": True}]}}, "exists"),
    "absent": ({"source": ["hub.cash"], "detail": {"fee": [{"exists": False}]}}, "absent"),
    "or": ({"detail": {"$or": [{"a": ["x"]}, {"b": [{"numeric": [">", 1]}]}]}}, "or"),
    "nested": ({"detail": {"order": {"account": {"id": ["a-1"]}}}}, "nested"),
}
WIRING = Wiring([QueueSpec(name) for name in RULES], RULES)


@pytest.fixture(params=WORLDS, ids=["local", "moto"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with request.param(WIRING, tmp_path) as made:
        yield made


@pytest.fixture
def local(tmp_path: Path) -> Iterator[World]:
    with local_world(WIRING, tmp_path) as made:
        yield made


def entry(detail: dict[str, Any], source: str = "hub.test") -> dict[str, Any]:
    return {"Source": source, "DetailType": "Tested", "Detail": json.dumps(detail)}


def received(world: World, queue: str) -> list[dict[str, Any]]:
    """The details of the events that the rule of this name let through, in order."""
    events = [json.loads(body) for body in world.bodies(queue, WaitTimeSeconds=1)]
    return [event["detail"] for event in events]


@pytest.mark.parametrize(
    ("queue", "matching", "other"),
    [
        ("prefix", {"symbol": "BRK.A"}, {"symbol": "ABRK"}),
        ("suffix", {"symbol": "BRK.B"}, {"symbol": "B.BX"}),
        ("anything-but", {"side": "sell"}, {"side": "buy"}),
        ("anything-but", {"side": "sell"}, {"no side": 1}),
        ("numeric", {"price": 20.5}, {"price": 10}),
        ("numeric", {"price": 10.01}, {"price": "15"}),
        ("exists", {"limit": None}, {"stop": 1}),
        ("or", {"a": "x"}, {"a": "y"}),
        ("or", {"a": "y", "b": 2}, {"b": 1}),
        ("nested", {"order": {"account": {"id": "a-1"}}}, {"order": {"account": {"id": "a-2"}}}),
        ("nested", {"order": {"account": {"id": "a-1"}, "n": 1}}, {"account": {"id": "a-1"}}),
    ],
)
def test_a_rule_lets_through_what_its_pattern_says(
    world: World, queue: str, matching: dict[str, Any], other: dict[str, Any]
) -> None:
    answer = world.events.put_events(Entries=[entry(other), entry(matching)])
    assert answer["FailedEntryCount"] == 0
    assert received(world, queue) == [matching]


def test_every_named_field_must_match(world: World) -> None:
    filled = {"status": "filled"}
    world.events.put_events(
        Entries=[
            entry(filled, "hub.cash"),
            entry({"status": "new"}, "hub.orders"),
            entry(filled, "hub.orders"),
        ]
    )
    assert received(world, "exact") == [filled]


def test_a_field_can_be_required_to_be_absent(world: World) -> None:
    world.events.put_events(
        Entries=[entry({"fee": "1"}, "hub.cash"), entry({"cash": "1"}, "hub.cash")]
    )
    assert received(world, "absent") == [{"cash": "1"}]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (entry({"limit": 1}) | {"Source": ""}, "InvalidArgument"),
        (entry({"limit": 1}) | {"DetailType": ""}, "InvalidArgument"),
        (entry({"limit": 1}) | {"Detail": "{no json"}, "MalformedDetail"),
    ],
)
def test_a_bad_entry_fails_alone(world: World, bad: dict[str, Any], expected: str) -> None:
    answer = world.events.put_events(Entries=[bad, entry({"limit": 2})])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == expected
    assert "EventId" in answer["Entries"][1]
    assert received(world, "exists") == [{"limit": 2}]


def test_more_than_ten_entries_are_refused(world: World) -> None:
    with pytest.raises(world.events.exceptions.ClientError) as failure:
        world.events.put_events(Entries=[entry({"limit": 1})] * 11)
    assert failure.value.response["Error"]["Code"] == "ValidationException"


def test_an_unknown_bus_fails_its_entry_where_moto_drops_the_event(local: World) -> None:
    answer = local.events.put_events(Entries=[entry({}) | {"EventBusName": "absent"}])
    assert answer["Entries"][0]["ErrorCode"] == "ResourceNotFoundException"


def test_a_target_gets_the_whole_envelope_where_moto_omits_the_account(local: World) -> None:
    put = entry({"limit": "1"}) | {"Resources": ["arn:aws:hub:order/1"]}
    answer = local.events.put_events(Entries=[put])
    (body,) = local.bodies("exists", WaitTimeSeconds=1)
    event = json.loads(body)
    assert event.pop("time").endswith("Z")
    assert len(event.pop("account")) == 12
    assert event == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "Tested",
        "source": "hub.test",
        "region": "us-east-1",
        "resources": ["arn:aws:hub:order/1"],
        "detail": {"limit": "1"},
    }
