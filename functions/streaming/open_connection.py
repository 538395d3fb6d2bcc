"""WebSocket API, $connect: the authorizer knows who it is; remember them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.application.streaming.open_connection import OpenConnectionCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId, CustomerId, HubError
from hub.entrypoints.errors import http_status
from hub.entrypoints.socket import connect_answer, refused_answer


def open_connection(event: Mapping[str, Any]) -> dict[str, Any]:
    context, headers = event["requestContext"], event.get("headers") or {}
    headers = {name.lower(): str(value) for name, value in headers.items()}
    caller = context["authorizer"]
    try:
        hub().open_connection(
            OpenConnectionCommand(
                context["connectionId"],
                CustomerId(caller["sub"]),
                caller["sid"],
                caller["scope"],
                AccountId(caller["account"]) if caller.get("account") else None,
                datetime.fromtimestamp(float(caller["exp"]), UTC),
                headers.get("origin"),
            )
        )
    except HubError as error:
        return refused_answer(http_status(error), error)
    return connect_answer(headers)


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    return open_connection(event)
