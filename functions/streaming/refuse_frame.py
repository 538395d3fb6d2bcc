"""WebSocket API, $default: a frame that names no action of ours."""

import json
from collections.abc import Mapping
from typing import Any

from hub.bootstrap import hub
from hub.domain.kernel import HubError
from hub.entrypoints.logs import logger

ACTIONS = ("ping", "renew", "resume", "subscribe", "unsubscribe")


def refuse_frame(event: Mapping[str, Any]) -> dict[str, Any]:
    known = ", ".join(ACTIONS)
    code = "unknown_action" if _is_object(event.get("body") or "") else "bad_json"
    told = {"type": "error", "code": code, "detail": f"a JSON object with an action: {known}"}
    try:
        hub().telling.say(event["requestContext"]["connectionId"], told)
    except HubError as error:
        logger.warning("a client was not answered", detail=error.detail)
    return {"statusCode": 200}


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    return refuse_frame(event)
