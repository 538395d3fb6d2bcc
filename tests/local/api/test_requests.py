"""From the client's request to the event a function gets, and back."""

import json
import time
from typing import Any

from tests.local.api.conftest import FrontDoor


async def event_of(door: FrontDoor, method: str, path: str, **options: Any) -> Any:
    status, _, body = await door.ask(method, path, **options)
    assert status == 200, body
    return json.loads(body)


async def test_the_event_is_a_rest_proxy_event(door):
    event = await event_of(
        door,
        "GET",
        "/open/A%20B%2Fc?a=1&a=2&b=x%20y&c=",
        headers={"X-Trace": "t", "User-Agent": "agent"},
    )
    assert event["resource"] == "/open/{order_id}"
    assert event["path"] == "/open/A B/c"
    assert event["pathParameters"] == {"order_id": "A B/c"}
    assert event["httpMethod"] == "GET"
    assert event["queryStringParameters"] == {"a": "2", "b": "x y", "c": ""}
    assert event["multiValueQueryStringParameters"]["a"] == ["1", "2"]
    assert event["headers"]["X-Trace"] == "t"
    assert event["multiValueHeaders"]["X-Trace"] == ["t"]
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert (event["body"], event["isBase64Encoded"], event["stageVariables"]) == (None, False, None)
    context = event["requestContext"]
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userAgent"] == "agent"
    assert (context["stage"], context["resourcePath"]) == ("v1", "/open/{order_id}")
    assert abs(context["requestTimeEpoch"] / 1000 - time.time()) < 60
    assert len(context["requestId"]) == 36
    assert "authorizer" not in context


async def test_a_path_may_hold_any_character(door):
    for number in range(1, 128):
        event = await event_of(door, "GET", f"/open/a%{number:02X}b")
        assert event["pathParameters"] == {"order_id": f"a{chr(number)}b"}


async def test_nothing_sent_is_null(door):
    event = await event_of(door, "GET", "/open")
    for name in ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters"):
        assert event[name] is None


async def test_the_body_arrives_as_text(door):
    event = await event_of(door, "POST", "/open", data='{"name": "é"}'.encode())
    assert event["body"] == '{"name": "é"}'


async def test_a_compressed_body_is_not_unpacked(door):
    headers = {"Content-Encoding": "gzip"}
    event = await event_of(door, "POST", "/open", data=b"not gzip", headers=headers)
    assert event["body"] == "not gzip"


async def test_fixed_segments_win_over_parameters(door):
    assert (await event_of(door, "GET", "/open/list"))["resource"] == "/open/list"
    assert (await event_of(door, "GET", "/open/listing"))["resource"] == "/open/{order_id}"


async def test_a_greedy_parameter_takes_the_rest_with_any_method(door):
    event = await event_of(door, "DELETE", "/files/a/b.txt")
    assert event["pathParameters"] == {"path": "a/b.txt"}
    assert (event["httpMethod"], event["resource"]) == ("DELETE", "/files/{path+}")


async def test_the_answer_becomes_the_response(door):
    status, headers, body = await door.answer(
        {
            "statusCode": "201",
            "headers": {"X-One": 1, "Set-Cookie": "lost", "content-length": "999"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
            "body": "héllo",
        }
    )
    assert (status, body.decode()) == (201, "héllo")
    assert headers["X-One"] == "1"
    assert headers.getall("Set-Cookie") == ["a=1", "b=2"]
    assert headers["Content-Type"] == "application/json"
    assert len(headers["x-amzn-RequestId"]) == 36


async def test_a_base64_answer_is_decoded(door):
    answer = {"statusCode": 200, "body": "AAEC", "isBase64Encoded": True}
    assert (await door.answer(answer))[2] == b"\x00\x01\x02"


async def test_an_answer_needs_no_body(door):
    assert (await door.answer({"statusCode": 204}))[::2] == (204, b"")


async def test_a_malformed_answer_is_a_502(door):
    answers: tuple[Any, ...] = (
        None, "text", [], {}, {"statusCode": "abc"}, {"statusCode": 99},
        {"statusCode": 200, "body": {"a": 1}}, {"statusCode": 200, "headers": ["X"]},
        {"statusCode": 200, "headers": {"X": "a\r\nY: b"}},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
    )  # fmt: skip
    for answer in answers:
        status, headers, body = await door.answer(answer)
        assert (status, json.loads(body)) == (502, {"message": "Internal server error"}), answer
        assert headers["x-amzn-ErrorType"] == "InternalServerErrorException"


async def test_a_failing_function_is_a_502_that_tells_nothing(door):
    for answer in ("raise", "exit"):
        status, _, body = await door.answer(answer)
        assert (status, json.loads(body)) == (502, {"message": "Internal server error"})


async def test_a_connection_serves_many_requests(door):
    for _ in range(3):
        assert (await door.ask("GET", "/open"))[0] == 200
    connections = door.session.connector._conns
    assert sum(len(kept) for kept in connections.values()) == 1


async def test_head_has_no_body(door):
    status, _, body = await door.ask("HEAD", "/files/x")
    assert (status, body) == (200, b"")
