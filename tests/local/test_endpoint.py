"""The endpoint as SDKs meet it: errors by name, whole bodies, function invocations."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import boto3
import pytest
from botocore.config import Config

from local.awsapi import ApiError
from local.endpoint import Endpoint, Invoke

JSON = "application/x-amz-json-1.1"


class Echo:
    """A twin that answers with what it got, or as its action says."""

    def __init__(self) -> None:
        self.finished = asyncio.Event()

    async def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if action == "Refuse":
            raise ApiError("ExecutionDoesNotExist", "no such execution")
        if action == "Break":
            raise RuntimeError("bug")
        if action == "Slow":
            await asyncio.sleep(0.2)
            self.finished.set()
        return {"action": action, "body": body}


@asynccontextmanager
async def serving(echo: Echo, invoke: Invoke | None = None) -> AsyncIterator[Endpoint]:
    endpoint = Endpoint({"Echo": echo}, invoke=invoke)
    await endpoint.start()
    try:
        yield endpoint
    finally:
        await endpoint.stop()


async def post(url: str, target: str, body: str = "{}") -> tuple[int, Mapping[str, str], Any]:
    headers = {"X-Amz-Target": target, "Content-Type": JSON}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as answer,
    ):
        return answer.status, answer.headers, json.loads(await answer.read())


async def test_a_call_reaches_the_twin_of_its_prefix() -> None:
    async with serving(Echo()) as endpoint:
        status, headers, answer = await post(endpoint.url, "Echo.Say", '{"a": 1}')
    assert (status, answer) == (200, {"action": "Say", "body": {"a": 1}})
    assert headers["Content-Type"].startswith(JSON)
    assert headers["x-amzn-RequestId"]


@pytest.mark.parametrize(
    ("target", "body", "status", "code"),
    [
        ("Echo.Refuse", "{}", 400, "ExecutionDoesNotExist"),
        ("Absent.Say", "{}", 400, "UnknownOperationException"),
        ("Echo.Say", "{no json", 400, "SerializationException"),
        ("Echo.Say", "[]", 400, "SerializationException"),
    ],
)
async def test_an_error_is_named(target: str, body: str, status: int, code: str) -> None:
    async with serving(Echo()) as endpoint:
        got, _, answer = await post(endpoint.url, target, body)
    assert (got, answer["__type"]) == (status, code)


async def test_an_unexpected_error_is_logged_and_answered_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        async with serving(Echo()) as endpoint:
            status, _, answer = await post(endpoint.url, "Echo.Break")
    assert (status, answer["__type"]) == (500, "InternalFailure")
    assert "bug" not in json.dumps(answer)
    assert "RuntimeError: bug" in caplog.text


async def test_a_call_is_finished_though_its_caller_hangs_up() -> None:
    echo = Echo()
    async with serving(echo) as endpoint:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await post(endpoint.url, "Echo.Slow")
        await asyncio.wait_for(echo.finished.wait(), 2)
    assert echo.finished.is_set()


async def test_boto3_invokes_a_function() -> None:
    got: list[tuple[str, bytes, str]] = []

    async def invoke(name: str, payload: bytes, kind: str) -> tuple[int, Mapping[str, str], bytes]:
        got.append((name, payload, kind))
        if name == "absent":
            raise ApiError("ResourceNotFoundException", "Function not found: absent", 404)
        if name == "broken":
            raise RuntimeError("bug")
        return 200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorType": "KeyError"}'

    def call(url: str) -> tuple[Any, bytes]:
        client = boto3.client(
            "lambda",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        answer = client.invoke(FunctionName="submit_order", Payload=b'{"a": 1}')
        body = answer["Payload"].read()
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.invoke(FunctionName="absent", InvocationType="Event")
        with pytest.raises(client.exceptions.ClientError, match="InternalFailure"):
            client.invoke(FunctionName="broken")
        client.close()
        return answer, body

    async with serving(Echo(), invoke) as endpoint:
        answer, body = await asyncio.to_thread(call, endpoint.url)
    assert answer["FunctionError"] == "Unhandled"
    assert body == b'{"errorType": "KeyError"}'
    assert got[0] == ("submit_order", b'{"a": 1}', "RequestResponse")
    assert got[1][::2] == ("absent", "Event")
