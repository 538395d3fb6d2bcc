"""The events of a WebSocket API, as API Gateway sends them to functions."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from local.api.call import Call
from local.api.events import multiple
from local.sockets.connections import Connection
from local.template.catalogue import ACCOUNT, REGION
from local.template.model import WebSocketSpec


def connect_event(spec: WebSocketSpec, connection: Connection, call: Call) -> dict[str, Any]:
    return {
        **_asked(call),
        "stageVariables": dict(spec.variables) or None,
        "requestContext": _context(spec, connection, "$connect", "CONNECT"),
        "isBase64Encoded": False,
    }


def authorizer_event(spec: WebSocketSpec, connection: Connection, call: Call) -> dict[str, Any]:
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{spec.api_id}/{spec.stage}/$connect"
    event = connect_event(spec, connection, call)
    del event["isBase64Encoded"]
    return {"type": "REQUEST", "methodArn": arn, **event}


def message_event(
    spec: WebSocketSpec, connection: Connection, route: str, body: str
) -> dict[str, Any]:
    context = _context(spec, connection, route, "MESSAGE")
    context["messageId"] = str(uuid.uuid4())
    return {"requestContext": context, "body": body, "isBase64Encoded": False}


def disconnect_event(
    spec: WebSocketSpec, connection: Connection, code: int, reason: str
) -> dict[str, Any]:
    context = _context(spec, connection, "$disconnect", "DISCONNECT")
    context |= {"disconnectStatusCode": code, "disconnectReason": reason}
    return {"headers": {}, "requestContext": context, "isBase64Encoded": False}


def _asked(call: Call) -> dict[str, Any]:
    return {
        "headers": dict(call.headers),
        "multiValueHeaders": multiple(call.headers),
        "queryStringParameters": dict(call.query) or None,
        "multiValueQueryStringParameters": multiple(call.query) or None,
    }


def _context(spec: WebSocketSpec, connection: Connection, route: str, kind: str) -> dict[str, Any]:
    now, request_id = time.time(), str(uuid.uuid4())
    context: dict[str, Any] = {
        "routeKey": route,
        "eventType": kind,
        "messageDirection": "IN",
        "extendedRequestId": request_id,
        "requestId": request_id,
        "requestTime": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(now * 1000),
        "stage": spec.stage,
        "connectedAt": int(connection.connected_at.timestamp() * 1000),
        "connectionId": connection.connection_id,
        "apiId": spec.api_id,
        "domainName": "127.0.0.1",
        "identity": {"sourceIp": connection.source_ip, "userAgent": connection.agent},
    }
    if connection.authorizer is not None:
        context["authorizer"] = connection.authorizer
    return context
