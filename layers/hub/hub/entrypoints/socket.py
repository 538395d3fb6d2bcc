"""Meets the WebSocket API: frames in, answers out by the connection, errors as error frames.

A frame's handler takes the connection as the registry has it, and the frame, validated.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from hub.application.ports.streaming import Connection, Connections
from hub.application.ports.system import Limits
from hub.application.streaming.telling import Telling
from hub.domain.kernel import (
    HubError,
    InvalidInputError,
    ThrottledError,
    UnauthenticatedError,
)
from hub.entrypoints.access import LiveSessions, asked_at
from hub.entrypoints.body import faults_of
from hub.entrypoints.errors import unexpected_problem
from hub.entrypoints.logs import logger
from hub.entrypoints.wire import Incoming

Event = Mapping[str, Any]
_OK = {"statusCode": 200}
SUBPROTOCOL = "hub.v1"


class Doors(Protocol):
    """What is looked at before a frame is handled, and how it is answered."""

    @property
    def connections(self) -> Connections: ...

    @property
    def sessions(self) -> LiveSessions: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def telling(self) -> Telling: ...


class Frame(Incoming):
    """What every frame has. `action` has chosen the handler already."""

    action: str


F = TypeVar("F", bound=Frame)


def frame_handler(
    doors: Callable[[], Doors], kind: type[F], handle: Callable[[Connection, F], None]
) -> Callable[[Event, Any], Mapping[str, Any]]:
    """The function that Lambda calls for one route of the WebSocket API."""

    def handler(event: Event, _context: Any) -> Mapping[str, Any]:
        context = event["requestContext"]
        try:
            connection = _admitted(doors(), context)
            handle(connection, _read(kind, event.get("body") or ""))
        except HubError as error:
            _answer(doors(), context, _refusal(error))
        except Exception:  # noqa: BLE001  # logged with its trace, and answered as what it is
            logger.exception("unexpected error", trace_id=context["requestId"])
            problem = unexpected_problem(context["requestId"])
            _answer(doors(), context, {key: problem[key] for key in ("code", "detail", "trace_id")})
        return _OK

    return handler


def _admitted(doors: Doors, context: Event) -> Connection:
    """Raises UnauthenticatedError and ThrottledError."""
    at = asked_at(context)
    connection = doors.connections.find(context["connectionId"])
    if connection is None or connection.expires_at <= at:
        raise UnauthenticatedError("the credential has expired", code="auth_expired")
    if not doors.sessions.live(connection.session_id, at):
        raise UnauthenticatedError("the session has ended", code="session_ended")
    allowance = doors.limits.customer(connection.customer_id, at)
    if allowance is not None and allowance.wait:
        raise ThrottledError("too many frames; try again later", seconds=allowance.wait)
    return connection


def _read(kind: type[F], text: str) -> F:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        faults = faults_of(error, "frame")
        raise InvalidInputError("the frame breaks a rule", faults=tuple(faults)) from error


def _refusal(error: HubError) -> dict[str, Any]:
    told: dict[str, Any] = {"code": error.code, "detail": error.detail, **error.extra}
    if error.faults:
        told["errors"] = [fault._asdict() for fault in error.faults]
    if isinstance(error, ThrottledError):
        told["retry_after"] = error.seconds
    return told


def _answer(doors: Doors, context: Event, told: Mapping[str, Any]) -> None:
    """Whoever cannot be answered is not there any more, or asks again."""
    try:
        doors.telling.say(context["connectionId"], {"type": "error", **told})
    except HubError as error:
        logger.warning("a client was not answered", detail=error.detail)


def connect_answer(headers: Mapping[str, str]) -> dict[str, Any]:
    """Of $connect: the subprotocol is ours where the client offers any."""
    offered = headers.get("sec-websocket-protocol", "").split(",")
    if SUBPROTOCOL in {each.strip() for each in offered}:
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": SUBPROTOCOL}}
    return {"statusCode": 200}


def refused_answer(status: int, error: HubError) -> dict[str, Any]:
    return {"statusCode": status, "body": json.dumps({"code": error.code, "detail": error.detail})}
