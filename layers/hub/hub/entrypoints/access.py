"""Who asks, how often, and whether they may: the one place that says no for a route."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hub.domain.identity import scopes
from hub.domain.kernel import (
    AccountId,
    CustomerId,
    ForbiddenError,
    NotFoundError,
    OrderId,
    UnauthenticatedError,
)

if TYPE_CHECKING:
    from hub.application.ports.system import Allowance, Limits


class Caller(NamedTuple):
    """Who asks, as the authorizer verified it. An API key speaks for one account alone."""

    customer_id: CustomerId
    session_id: str
    scope: str
    account_id: AccountId | None

    def account(self, wanted: str | None) -> str | None:
        """The account that is asked for; a key's own where none is. Raises NotFoundError."""
        if self.account_id is None or wanted == self.account_id:
            return wanted
        if wanted is None:
            return self.account_id
        raise NotFoundError("there is no such account")

    def sees(self, account_id: str) -> bool:
        return self.account_id in {None, account_id}


class LiveSessions(Protocol):
    """What is needed to know that a session has not ended since its token was issued."""

    def live(self, session_id: str, at: datetime) -> bool: ...


class OfAccount(Protocol):
    """Something that belongs to an account."""

    @property
    def account_id(self) -> AccountId: ...


class OwnOrders(Protocol):
    """What is needed to know whose an order is."""

    def find(self, customer_id: CustomerId, order_id: OrderId) -> OfAccount | None: ...


class Doors(Protocol):
    """What is looked at before a handler is called."""

    @property
    def orders(self) -> OwnOrders: ...

    @property
    def sessions(self) -> LiveSessions: ...

    @property
    def limits(self) -> "Limits": ...


class Access(NamedTuple):
    """What a route asks of its caller. Without `doors` nothing is counted or looked up."""

    scope: str
    changes: bool
    doors: Callable[[], Doors] | None

    def caller(self, event: Mapping[str, Any]) -> Caller:
        """Raises UnauthenticatedError and ForbiddenError."""
        context = event["requestContext"].get("authorizer") or {}
        if "sub" not in context:
            raise UnauthenticatedError("an access token is required", code="no_token")
        # A gateway may remember an authorizer's answer for longer than the token lives.
        if asked_at(event["requestContext"]).timestamp() >= float(context["exp"]):
            raise UnauthenticatedError("the token has expired", code="token_expired")
        caller = Caller(
            CustomerId(context["sub"]),
            context["sid"],
            context["scope"],
            AccountId(context["account"]) if context.get("account") else None,
        )
        if not scopes.allows(caller.scope, self.scope):
            raise ForbiddenError(f"this needs the scope {self.scope}", code="scope")
        return caller

    def allowance(self, event: Mapping[str, Any], caller: Caller | None) -> "Allowance | None":
        """What is left to the customer; to the address, where nobody has said who they are."""
        if self.doors is None:
            return None
        context = event["requestContext"]
        if caller is not None:
            return self.doors().limits.customer(caller.customer_id, asked_at(context))
        address = context.get("identity", {}).get("sourceIp", "")
        return self.doors().limits.address(address, asked_at(context))

    def check_session(self, event: Mapping[str, Any], caller: Caller) -> None:
        """Where anything is changed, an ended session is seen at once; else its token ends it.

        Raises UnauthenticatedError.
        """
        if not self.changes or self.doors is None:
            return
        if not self.doors().sessions.live(caller.session_id, asked_at(event["requestContext"])):
            raise UnauthenticatedError("the session has ended", code="session_ended")

    def check_order(self, caller: Caller, order_id: str) -> None:
        """The orders of a customer's other accounts are not there for a key.

        Raises NotFoundError.
        """
        if self.doors is None:
            return
        order = self.doors().orders.find(caller.customer_id, OrderId(order_id))
        if order is None or not caller.sees(order.account_id):
            raise NotFoundError("there is no such order")


def asked_at(context: Mapping[str, Any]) -> datetime:
    """By the gateway's clock, of a request's context or a frame's."""
    return datetime.fromtimestamp(context["requestTimeEpoch"] / 1000, UTC)


def limit_headers(allowance: "Allowance") -> dict[str, str]:
    """As the HTTP working group's draft has them."""
    who, limit, remaining, reset, wait = allowance
    return {
        "RateLimit-Policy": f'"{who}";q={limit};w=60',
        "RateLimit": f'"{who}";r={0 if wait else remaining};t={wait or reset}',
    }


def usual_scope(method: str) -> str:
    """What a route asks for that says nothing about it."""
    return scopes.READ if method == "GET" else scopes.TRADE
