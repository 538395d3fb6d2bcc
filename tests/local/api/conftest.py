"""A real front door over real functions, from a template that a test can see whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDictProxy
from yarl import URL

from local.api import RestApi
from local.functions import Functions
from local.template import read_template

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, CodeUri: code, Timeout: 5}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Cors: {AllowOrigin: "'https://hub.example'", AllowHeaders: "'Authorization'", MaxAge: "'600'"}
      Auth:
        AddDefaultAuthorizerToCorsPreflight: false
        DefaultAuthorizer: Caller
        Authorizers:
          Caller:
            FunctionArn: !GetAtt Authorize.Arn
            FunctionPayloadType: REQUEST
            Identity: {Headers: [Authorization], ReauthorizeEvery: 60}
          Bearer:
            FunctionArn: !GetAtt Authorize.Arn
            Identity: {ReauthorizeEvery: 0, ValidationExpression: "[a-z]+"}
GATEWAY_RESPONSES
  Authorize: {Type: AWS::Serverless::Function, Properties: {Handler: authorize.handler}}
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Handler: echo.handler
      Events:
        Order: {Type: Api, Properties: {Path: "/api/v1/orders/{order_id}", Method: get}}
        Open:
          Type: Api
          Properties: {Path: /open, Method: post, Auth: {Authorizer: NONE}}
        OpenGet:
          Type: Api
          Properties: {Path: /open, Method: get, Auth: {Authorizer: NONE}}
        OpenOrder:
          Type: Api
          Properties: {Path: "/open/{order_id}", Method: get, Auth: {Authorizer: NONE}}
        OpenList:
          Type: Api
          Properties: {Path: /open/list, Method: get, Auth: {Authorizer: NONE}}
        Files:
          Type: Api
          Properties: {Path: "/files/{path+}", Method: any, Auth: {Authorizer: NONE}}
        Token:
          Type: Api
          Properties: {Path: /token, Method: get, Auth: {Authorizer: Bearer}}
  Answer:
    Type: AWS::Serverless::Function
    Properties:
      Handler: answer.handler
      Events:
        Post: {Type: Api, Properties: {Path: /answer, Method: post, Auth: {Authorizer: NONE}}}
"""

RESPONSES = """\
      GatewayResponses:
        MISSING_AUTHENTICATION_TOKEN:
          StatusCode: 404
          ResponseTemplates: {application/problem+json: '{"status":404,"id":"$context.requestId"}'}
        INTEGRATION_TIMEOUT:
          StatusCode: 503
          ResponseParameters: {Headers: {Retry-After: "'1'"}}
          ResponseTemplates: {application/problem+json: '{"title":$context.error.messageString}'}
        DEFAULT_4XX:
          ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'*'"}}
          ResponseTemplates: {application/problem+json: '{"type":"$context.error.responseType"}'}
"""

AUTHORIZE = """
import os
CALLS = os.path.join(os.path.dirname(__file__), "..", "authorizer_calls")

def handler(event, context):
    token = event.get("authorizationToken") or event["headers"]["Authorization"]
    with open(CALLS, "a") as calls:
        calls.write(f"{event['type']} {event['methodArn']}\\n")
    if token == "nobody":
        raise Exception("Unauthorized")
    if token == "broken":
        raise ValueError("boom")
    if token == "nested":
        return answer("Allow", "*", {"a": {}})
    if token == "orders":
        return answer("Allow", "arn:aws:execute-api:*:*:local/v1/GET/api/v1/orders/1")
    return answer("Deny" if token == "denied" else "Allow", "*")

def answer(effect, resource, context={"account": 7, "admin": True}):
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    return {"principalId": "u1", "context": context,
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""

ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""

ANSWER = """
import json, os, time

def handler(event, context):
    answer = json.loads(event["body"])
    if answer == "raise":
        raise RuntimeError("a secret of the inside")
    if answer == "sleep":
        time.sleep(1)
    if answer == "exit":
        os._exit(1)
    return answer
"""


class FrontDoor:
    def __init__(self, api: RestApi, session: aiohttp.ClientSession, folder: Path) -> None:
        self.url = api.url
        self.session = session
        self.folder = folder

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **options: Any
    ) -> tuple[int, CIMultiDictProxy[str], bytes]:
        """Status, headers and body."""
        url = URL(self.url + path, encoded=True)
        async with self.session.request(method, url, headers=headers, **options) as response:
            return response.status, response.headers, await response.read()

    async def answer(self, answer: Any) -> tuple[int, CIMultiDictProxy[str], bytes]:
        return await self.ask("POST", "/answer", json=answer)

    def authorizer_calls(self) -> list[str]:
        calls = self.folder / "authorizer_calls"
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture
async def open_door(tmp_path):
    """Opens the front door, with or without the template's own gateway responses."""
    opened = []
    for name, source in (("authorize", AUTHORIZE), ("echo", ECHO), ("answer", ANSWER)):
        (tmp_path / "code").mkdir(exist_ok=True)
        (tmp_path / "code" / f"{name}.py").write_text(source)

    async def open_it(responses: str = "", without: str = "", **options) -> FrontDoor:
        path = tmp_path / "template.yaml"
        template = TEMPLATE.replace("GATEWAY_RESPONSES\n", responses)
        path.write_text(template.replace(without, "") if without else template)
        application = read_template(path)
        assert application.api is not None
        functions = Functions(application.functions, state=tmp_path, watch=None)
        api = RestApi(application.api, functions, port=0, **options)
        await functions.start()
        await api.start()
        session = aiohttp.ClientSession()
        opened.append((session, api, functions))
        return FrontDoor(api, session, tmp_path)

    yield open_it
    for session, api, functions in opened:
        await session.close()
        await api.stop()
        await functions.close()


@pytest.fixture
async def door(open_door):
    return await open_door()
