"""Who asks, and whether they may: the one place that says no for a route."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from hub.domain.identity import scopes
from hub.domain.kernel import CustomerId, ForbiddenError, UnauthenticatedError


class Caller(NamedTuple):
    """Who asks, as the authorizer verified it."""

    customer_id: CustomerId
    session_id: str
    scope: str


class LiveSessions(Protocol):
    """What is needed to know that a session has not ended since its token was issued."""

    def live(self, session_id: str, at: datetime) -> bool: ...


class Access(NamedTuple):
    """What a route asks of its caller.

    `sessions` makes it see at once that a session has ended; else the end of its token does.
    """

    scope: str
    sessions: Callable[[], LiveSessions] | None

    def check(self, event: Mapping[str, Any]) -> Caller:
        """Raises UnauthenticatedError and ForbiddenError."""
        context = event["requestContext"].get("authorizer") or {}
        if "sub" not in context:
            raise UnauthenticatedError("an access token is required", code="no_token")
        # A gateway may remember an authorizer's answer for longer than the token lives.
        asked = float(event["requestContext"]["requestTimeEpoch"]) / 1000
        if asked >= float(context["exp"]):
            raise UnauthenticatedError("the token has expired", code="token_expired")
        caller = Caller(CustomerId(context["sub"]), context["sid"], context["scope"])
        if not scopes.allows(caller.scope, self.scope):
            raise ForbiddenError(f"this needs the scope {self.scope}", code="scope")
        moment = datetime.fromtimestamp(asked, UTC)
        if self.sessions is not None and not self.sessions().live(caller.session_id, moment):
            raise UnauthenticatedError("the session has ended", code="session_ended")
        return caller


def usual_scope(method: str) -> str:
    """What a route asks for that says nothing about it."""
    return scopes.READ if method == "GET" else scopes.TRADE
