"""Orders and the books they move."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from hub.application.books import Books, Cause
from hub.application.ports.messages import Message
from hub.domain.kernel import AccountId, CustomerId, OrderId
from hub.domain.orders.order import Order
from hub.domain.orders.trigger_book import Resting


class QuotesAtWork(NamedTuple):
    """The quotes whose displayed sizes the transaction may take of."""

    quote_ids: Sequence[str]
    at: datetime


class AccountsAtWork(Protocol):
    """Opens the books of accounts for one transaction, under the locks of their rows."""

    def open(
        self,
        account_ids: Sequence[AccountId],
        order_ids: Sequence[OrderId],
        quotes: QuotesAtWork | None = None,
    ) -> AbstractContextManager[Books]:
        """The books, committed when the block ends well. Accounts that do not exist are absent.

        With an order come the others of its group; with `quotes` what was taken of them.
        """


class RequestedOrders(NamedTuple):
    """Orders ready to be placed, one or a group, with everything that the placing records.

    The first carries the reservation. `order_value` is what the account's limits are held against.
    There is a message for each that is to be processed.
    """

    orders: Sequence[Order]
    customer_id: CustomerId
    request_hash: bytes
    order_value: Decimal
    transaction_id: str
    cause: Cause
    event_detail: str
    audit_payload: str
    messages: Sequence[Message]


class Placed(NamedTuple):
    """`placed` is False when the account lacks what the order needs; `available` says what it has.

    `account_found` is False where the account is not the customer's, and `broken_limit` names the
    limit of the account that the order would break.
    """

    account_found: bool
    placed: bool
    available: Decimal
    broken_limit: str | None


class RequestedCancel(NamedTuple):
    order_id: OrderId
    customer_id: CustomerId
    transaction_id: str
    cause: Cause
    audit_payload: str
    message_id: str


class Canceled(NamedTuple):
    """`message` is what to publish. None in its place: the order was not there to be canceled."""

    account_id: AccountId
    message: Message


class EarlierOrder(NamedTuple):
    order: Order
    request_hash: bytes


class OrderFilter(NamedTuple):
    """What of the history is wanted: orders in one of `states`, and of `symbols` if any are named.

    `before` is the place in the history where the last page ended. `nested` leaves out orders that
    another brought with it.
    """

    customer_id: CustomerId
    account_id: AccountId | None
    symbols: tuple[str, ...]
    side: str | None
    states: tuple[str, ...]
    nested: bool
    after: datetime | None
    until: datetime | None
    before: tuple[datetime, OrderId] | None
    limit: int


class TimelineStep(NamedTuple):
    """One step of an order's life, as it was recorded."""

    sequence: int
    type: str
    state_before: str | None
    state_after: str | None
    cause: str
    detail: Mapping[str, Any]
    market_time: datetime | None
    at: datetime


class OpenOrder(NamedTuple):
    order_id: OrderId
    account_id: AccountId


class OpenOrders(NamedTuple):
    """Which of a customer's open orders are meant; without symbols all of them.

    Without `held` those are left out that wait for an entry, and hold nothing back.
    """

    customer_id: CustomerId
    account_id: AccountId | None = None
    symbols: tuple[str, ...] = ()
    side: str | None = None
    held: bool = True


class DuplicateOrderError(Exception):
    """The account has used this client_order_id before."""


class Orders(Protocol):
    """The orders, each read within the reach of the customer who asks."""

    def place(self, request: RequestedOrders) -> Placed:
        """Reserve and record in one step. Raises DuplicateOrderError."""

    def cancel(self, request: RequestedCancel) -> Canceled | None:
        """Cancel the order if it is open, the customer's and in no group; release what it
        reserved."""

    def submitted_as(self, account_id: AccountId, client_order_id: str) -> EarlierOrder | None: ...

    def find(self, customer_id: CustomerId, order_id: OrderId) -> Order | None: ...

    def history(self, wanted: OrderFilter) -> Sequence[Order]:
        """Newest first."""

    def timeline(self, order_id: OrderId) -> Sequence[TimelineStep]: ...

    def was_filled_by(self, order_id: OrderId, event_id: str) -> bool:
        """Within the transaction of the order's books, if there is one."""

    def queued(
        self, moment: datetime, after: tuple[datetime, OrderId] | None, limit: int
    ) -> Sequence[Order]:
        """Accepted orders whose time has come at market time `moment`, in the order in which it
        came; `after` is where the last page ended."""

    def resting(self, since: datetime) -> Sequence[Resting]:
        """Orders that rest now and came to rest (or were changed) after `since`."""

    def save_marks(self, moved: Sequence[Resting]) -> None:
        """Keep where trailing stops stand now; never a step back, never of one that triggered."""

    def expired(self, moment: datetime, limit: int) -> Sequence[OpenOrder]:
        """Open orders whose time is over at market time `moment`."""

    def open_orders(self, wanted: OpenOrders, limit: int) -> Sequence[Order]:
        """Oldest first."""

    def groups(self, customer_id: CustomerId, group_ids: Sequence[OrderId]) -> Sequence[Order]:
        """All orders of some groups of the customer's."""

    def forget_quotes(self, before: datetime) -> None:
        """Drop what was taken of quotes before a wall time."""
