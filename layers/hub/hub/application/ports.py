"""What use cases need of the outside. Each port is the plain role; adapters say the technology."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from hub.application.books import Books, Cause
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.ledger import Posting
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, CustomerId, InstrumentId, OrderId
from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from hub.domain.market.instrument import Instrument
from hub.domain.market.quote import Quote
from hub.domain.orders.order import Order
from hub.domain.orders.trigger_book import Resting


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall time, UTC."""


class Ids(Protocol):
    def new(self) -> str:
        """A UUIDv7: ids made later sort later."""


class MarketView(NamedTuple):
    """What the market shows at one moment. A symbol without any price is absent from `quotes`."""

    clock: MarketClock
    quotes: Mapping[str, Quote]


class MarketData(Protocol):
    def view(self, symbols: Sequence[str]) -> MarketView:
        """The latest quotes and the market clock, in one round trip to where they live."""


class Instruments(Protocol):
    def find(self, symbol: str) -> Instrument | None: ...

    def all(self) -> Sequence[Instrument]: ...


class Calendars(Protocol):
    def around(self, exchange: str, moment: datetime) -> Calendar:
        """The sessions of some days before `moment` and a fortnight after."""


class Message(NamedTuple):
    """One line of the outbox. `destination` is a queue's or the bus's name in Destination."""

    message_id: str
    account_id: AccountId
    destination: str
    body: str


class Publisher(Protocol):
    def publish(self, messages: Sequence[Message]) -> Sequence[str]:
        """Send each to its destination. The ids of those that were taken."""


class Outbox(Protocol):
    def forget(self, message_ids: Sequence[str]) -> None: ...

    def claim(self, moment: datetime, limit: int) -> AbstractContextManager[Sequence[Message]]:
        """Messages older than `moment` that nobody else has claimed, oldest first."""


class AccountsAtWork(Protocol):
    """Opens the books of accounts for one transaction, under the locks of their rows."""

    def open(
        self, account_ids: Sequence[AccountId], order_ids: Sequence[OrderId]
    ) -> AbstractContextManager[Books]:
        """The books, committed when the block ends well. Accounts that do not exist are absent."""


class RequestedOrder(NamedTuple):
    """An order ready to be placed, with everything that the placing statement records."""

    order: Order
    customer_id: CustomerId
    request_hash: bytes
    hold: Posting
    transaction_id: str
    cause: Cause
    event_detail: str
    audit_payload: str
    message: Message


class Placed(NamedTuple):
    """`placed` is False when the account lacks what the order needs; `available` says what it has.

    `account_found` is False where the account is not the customer's.
    """

    account_found: bool
    placed: bool
    available: Decimal


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
    """What of the history is wanted; `before` is the place in it where the last page ended."""

    customer_id: CustomerId
    account_id: AccountId | None
    symbols: tuple[str, ...]
    side: str | None
    states: tuple[str, ...]
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


class DuplicateOrderError(Exception):
    """The account has used this client_order_id before."""


class Orders(Protocol):
    """The orders, each read within the reach of the customer who asks."""

    def place(self, request: RequestedOrder) -> Placed:
        """Reserve and record in one step. Raises DuplicateOrderError."""

    def cancel(self, request: RequestedCancel) -> Canceled | None:
        """Cancel the order if it is open and the customer's, releasing what it reserved."""

    def submitted_as(self, account_id: AccountId, client_order_id: str) -> EarlierOrder | None: ...

    def find(self, customer_id: CustomerId, order_id: OrderId) -> Order | None: ...

    def history(self, wanted: OrderFilter) -> Sequence[Order]:
        """Newest first."""

    def timeline(self, order_id: OrderId) -> Sequence[TimelineStep]: ...

    def queued(self, limit: int) -> Sequence[Order]:
        """Accepted orders that wait for the market to open, oldest first."""

    def resting(self, since: datetime) -> Sequence[Resting]:
        """Orders that rest now and came to rest (or were changed) after `since`."""

    def save_marks(self, moved: Sequence[Resting]) -> None:
        """Keep where trailing stops stand now; never a step back, never of one that triggered."""

    def day_orders_before(self, closed: datetime, limit: int) -> Sequence[OpenOrder]:
        """Open day orders that were sent before market time `closed`."""


class Customer(NamedTuple):
    customer_id: CustomerId
    email: str
    name: str
    password_hash: str


class NewCustomer(NamedTuple):
    """A customer with a first account, to be recorded together."""

    customer: Customer
    account_id: AccountId
    cause: Cause
    audit_payload: str


class LoginSession(NamedTuple):
    session_id: str
    customer_id: CustomerId
    refresh_hash: bytes
    created_at: datetime
    expires_at: datetime


class EmailTakenError(Exception):
    """Another customer has this address."""


class Customers(Protocol):
    def register(self, new: NewCustomer) -> None:
        """Raises EmailTakenError."""

    def by_email(self, email: str) -> Customer | None: ...

    def by_id(self, customer_id: CustomerId) -> Customer | None: ...

    def open_session(self, session: LoginSession) -> None: ...


class Secrets(Protocol):
    def token(self) -> str:
        """256 bits that nobody can guess, fit for a URL."""


class Passwords(Protocol):
    def hash(self, password: str) -> str: ...

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Takes the same time whether or not there is a hash to compare with."""


class Identity(NamedTuple):
    """Who a verified token speaks for, and until when."""

    customer_id: CustomerId
    session_id: str
    scope: str
    expires_at: datetime


class Tokens(Protocol):
    @property
    def life(self) -> timedelta:
        """How long an access token lives."""

    def issue(self, customer_id: CustomerId, session_id: str, scope: str, at: datetime) -> str: ...

    def verify(self, token: str) -> Identity:
        """Raises UnauthenticatedError."""


class AccountSummary(NamedTuple):
    account_id: AccountId
    name: str
    kind: str
    currency: str
    created_at: datetime
    balance: Balance


class HeldPosition(NamedTuple):
    """A position with the names under which its instrument is shown."""

    account_id: AccountId
    instrument_id: InstrumentId
    symbol: str
    name: str
    category: str
    position: Position


class Accounts(Protocol):
    def of(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> Sequence[AccountSummary]:
        """The customer's accounts, or the one that is asked for, oldest first."""

    def positions(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> Sequence[HeldPosition]:
        """Positions that are not empty, by symbol."""

    def deposit_of(self, account_id: AccountId, reference: str) -> Decimal | None:
        """The amount of an earlier deposit under this reference."""


class Probe(NamedTuple):
    """How one dependency answers."""

    name: str
    healthy: bool
    detail: str


class Health(Protocol):
    def probes(self) -> Sequence[Probe]: ...


class Workflow(Protocol):
    def process(self, orders: Sequence[Mapping[str, str]], trace_id: str) -> Sequence[str]:
        """Run ProcessOrder over a batch. The ids of the orders that failed."""
