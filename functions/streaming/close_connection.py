"""WebSocket API, $disconnect: forget the connection and what it listened to."""

from collections.abc import Mapping
from typing import Any

from hub.bootstrap import hub


def close_connection(event: Mapping[str, Any]) -> dict[str, Any]:
    hub().close_connection(event["requestContext"]["connectionId"])
    return {"statusCode": 200}


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    return close_connection(event)
