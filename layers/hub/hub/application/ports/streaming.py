"""The account stream: connections, what each has been told, and how it is told."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from hub.domain.kernel import AccountId, CustomerId, OrderId


class AccountEvent(NamedTuple):
    """One line of an account's log. `sequence` has no gaps; `order_id` is None without an order."""

    sequence: int
    type: str
    order_id: OrderId | None
    state_before: str | None
    state_after: str | None
    cause: str
    detail: Mapping[str, Any]
    market_time: datetime | None
    at: datetime


class Connection(NamedTuple):
    """A client of the WebSocket API. `account_id` is a key's; `expires_at` the credential's."""

    connection_id: str
    customer_id: CustomerId
    session_id: str
    account_id: AccountId | None
    opened_at: datetime
    expires_at: datetime


class Subscription(NamedTuple):
    connection_id: str
    account_id: AccountId


class AccountLog(Protocol):
    def head(self, customer_id: CustomerId, account_id: AccountId) -> int | None:
        """The last sequence number; None where the customer has no such account."""

    def after(self, account_id: AccountId, sequence: int, limit: int) -> Sequence[AccountEvent]:
        """The events that follow, in order."""


class Turn(Protocol):
    """One's turn to tell a subscriber: nobody else does so meanwhile."""

    @property
    def told(self) -> int:
        """The last sequence number that the subscriber was told."""

    def tell_to(self, sequence: int) -> None:
        """It has been told as far as this."""


class Connections(Protocol):
    def open(self, connection: Connection, most: int) -> bool:
        """False where the customer has as many as they may."""

    def find(self, connection_id: str) -> Connection | None: ...

    def renew(self, connection_id: str, session_id: str, expires_at: datetime) -> None: ...

    def close(self, connection_id: str) -> None: ...

    def subscribe(self, subscription: Subscription, told: int, most: int) -> bool:
        """From then on; anew where it is there. False where the connection has as many as it may.

        A connection that was closed meanwhile counts as one that may have none.
        """

    def unsubscribe(self, subscription: Subscription) -> bool:
        """Whether it was there."""

    def listening(self, account_ids: Sequence[AccountId], at: datetime) -> Sequence[Subscription]:
        """Of connections that have not expired."""

    def turn(self, subscription: Subscription) -> AbstractContextManager[Turn | None]:
        """Waits for whoever has it. None where the subscription has ended."""

    def expired(self, at: datetime, limit: int) -> Sequence[str]:
        """Ids of connections."""


class Posts(Protocol):
    def post(self, connection_id: str, frame: str) -> bool:
        """Whether the client is still there. Raises UnavailableError."""

    def end(self, connection_id: str) -> None:
        """Hang up. Raises UnavailableError."""
