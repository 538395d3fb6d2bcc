"""The WebSocket API of one machine, over real functions and a real client."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local.endpoint import Endpoint
from local.functions import Functions
from local.sockets import Connections, WebSocketApi
from local.template import read_template
from local.template.errors import TemplateError
from tests.local.waiting import until

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, CodeUri: code, Timeout: 5}
Resources:
  Socket:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: v1
      RouteSelectionExpression: $request.body.action
      Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Authorize.Arn}
      Routes:
        $connect: {FunctionArn: !GetAtt Connect.Arn}
        $disconnect: {FunctionArn: !GetAtt Note.Arn}
        $default: {FunctionArn: !GetAtt Note.Arn}
        note: {FunctionArn: !GetAtt Note.Arn, IntegrationTimeout: 5000}
        fail: {FunctionArn: !GetAtt Fail.Arn}
  Authorize: {Type: AWS::Serverless::Function, Properties: {Handler: authorize.handler}}
  Connect: {Type: AWS::Serverless::Function, Properties: {Handler: connect.handler}}
  Note: {Type: AWS::Serverless::Function, Properties: {Handler: note.handler}}
  Fail: {Type: AWS::Serverless::Function, Properties: {Handler: fail.handler}}
"""
AUTHORIZE = """\
def handler(event, context):
    token = event["headers"].get("Authorization", "")
    if token == "broken":
        raise ValueError("broken")
    if not token:
        raise Exception("Unauthorized")
    effect = "Deny" if token == "denied" else "Allow"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": token, "policyDocument": {"Version": "2012-10-17",
            "Statement": [statement]}, "context": {"sub": token}}
"""
CONNECT = """\
def handler(event, context):
    headers = event["headers"]
    if event["requestContext"]["authorizer"]["sub"] == "full":
        return {"statusCode": 429, "body": "too many"}
    if headers.get("Sec-WebSocket-Protocol"):
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "two"}}
    return {"statusCode": 200}
"""
NOTE = """\
import json, os
def handler(event, context):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps(event) + "\\n")
    return {"statusCode": 200, "body": "is sent to nobody"}
"""
FAIL = """\
def handler(event, context):
    raise RuntimeError("it fails")
"""


class House(NamedTuple):
    url: str
    management: str
    connections: Connections
    notes: Path

    def noted(self) -> list[dict[str, Any]]:
        text = self.notes.read_text() if self.notes.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    async def call(self, method: str, connection_id: str, data: bytes = b"") -> tuple[int, Any]:
        path = f"{self.management}/v1/%40connections/{connection_id.replace('=', '%3D')}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, path, data=data) as answer,
        ):
            return answer.status, await answer.text()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    code = tmp_path / "code"
    code.mkdir()
    sources = {"authorize": AUTHORIZE, "connect": CONNECT, "note": NOTE, "fail": FAIL}
    for name, source in sources.items():
        (code / f"{name}.py").write_text(source)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    application = read_template(tmp_path / "template.yaml")
    notes = tmp_path / "notes"
    functions = Functions(
        application.functions, state=tmp_path / "state", environment={"NOTES": str(notes)}
    )
    await functions.start()
    connections = Connections()
    assert application.websocket is not None
    api = WebSocketApi(application.websocket, functions, connections, port=0, idle_seconds=60)
    await api.start()
    endpoint = Endpoint({}, connections=connections)
    await endpoint.start()
    yield House(api.url, endpoint.url, connections, notes)
    await endpoint.stop()
    await api.stop()
    await functions.close()


def client(house: House, token: str = "someone", **options: Any) -> connect:
    headers = {"Authorization": token} if token else {}
    return connect(house.url, additional_headers=headers, **options)


async def test_a_frame_reaches_the_function_of_its_action_with_what_the_authorizer_said(
    house: House,
):
    async with client(house) as socket:
        await socket.send('{"action": "note", "n": 1}')
        await until(lambda: bool(house.noted()))
    [event] = house.noted()[:1]
    context = event["requestContext"]
    assert json.loads(event["body"]) == {"action": "note", "n": 1}
    assert (context["routeKey"], context["eventType"]) == ("note", "MESSAGE")
    assert context["authorizer"]["sub"] == "someone"
    assert len(context["connectionId"]) == 16


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"action": 7}', '{"action": "$connect"}', "{}"])
async def test_a_frame_that_names_no_route_goes_to_the_default(house: House, text: str):
    async with client(house) as socket:
        await socket.send(text)
        await until(lambda: bool(house.noted()))
    assert house.noted()[0]["requestContext"]["routeKey"] == "$default"
    assert house.noted()[0]["body"] == text


async def test_a_failing_function_is_told_to_the_client_in_the_gateways_words(house: House):
    async with client(house) as socket:
        await socket.send('{"action": "fail"}')
        told = json.loads(await asyncio.wait_for(socket.recv(), 20))
    assert told["message"] == "Internal server error"
    assert len(told["connectionId"]) == 16


@pytest.mark.parametrize(
    ("token", "status"), [("", 401), ("denied", 403), ("broken", 500), ("full", 429)]
)
async def test_who_may_not_connect_is_refused_with_a_status(house: House, token: str, status: int):
    with pytest.raises(InvalidStatus) as refused:
        async with client(house, token):
            pass
    assert refused.value.response.status_code == status
    assert len(house.connections) == 0


async def test_the_subprotocol_is_the_one_that_connect_answered(house: House):
    async with client(house, subprotocols=["one", "two"]) as socket:
        assert socket.subprotocol == "two"


async def identity_of(socket: ClientConnection, house: House) -> str:
    before = len(house.noted())
    await socket.send('{"action": "note"}')
    await until(lambda: len(house.noted()) > before)
    identity: str = house.noted()[-1]["requestContext"]["connectionId"]
    return identity


async def test_messages_are_posted_looked_at_and_ended_by_the_connections_id(house: House):
    async with client(house) as socket:
        identity = await identity_of(socket, house)
        assert await house.call("POST", identity, b'{"n": 1}') == (200, "")
        assert await house.call("POST", identity, '{"n": "é"}'.encode()) == (200, "")
        assert [await socket.recv(), await socket.recv()] == ['{"n": 1}', '{"n": "é"}']
        status, text = await house.call("GET", identity)
        assert status == 200
        assert json.loads(text)["identity"]["sourceIp"] == "127.0.0.1"
        assert (await house.call("DELETE", identity))[0] == 204
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 20)
    for method in ("POST", "GET", "DELETE"):
        assert (await house.call(method, identity))[0] == 410


async def test_a_message_of_more_than_128_kb_is_refused(house: House):
    async with client(house) as socket:
        identity = await identity_of(socket, house)
        assert (await house.call("POST", identity, b"x" * (128 * 1024 + 1)))[0] == 413
        await socket.send("x" * (128 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_a_client_that_leaves_is_gone_and_disconnect_is_called(house: House):
    async with client(house) as socket:
        identity = await identity_of(socket, house)
    await until(lambda: house.noted()[-1]["requestContext"]["eventType"] == "DISCONNECT")
    assert house.noted()[-1]["requestContext"]["connectionId"] == identity
    assert (await house.call("POST", identity, b"{}"))[0] == 410


async def test_an_ordinary_request_is_no_websocket(house: House):
    async with (
        aiohttp.ClientSession() as session,
        session.get(house.url.replace("ws:", "http:")) as answer,
    ):
        assert answer.status == 403


def test_what_is_not_supported_is_an_error_that_names_it(tmp_path: Path):
    (tmp_path / "code").mkdir()
    for change in (
        ("$request.body.action", "$request.header.action"),
        ("AuthType: CUSTOM", "AuthType: AWS_IAM"),
        ("IntegrationTimeout: 5000", "IntegrationTimeout: 30000"),
    ):
        (tmp_path / "template.yaml").write_text(TEMPLATE.replace(*change))
        with pytest.raises(TemplateError):
            read_template(tmp_path / "template.yaml")
