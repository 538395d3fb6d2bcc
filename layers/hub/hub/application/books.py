"""The books of some accounts during one transaction: what was loaded, and what shall be written.

Rules stay in the domain; this gathers their results so that one statement can write them all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from hub.domain.accounts.balance import Amounts, Balance
from hub.domain.accounts.ledger import Posting, posting
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, CustomerId, InstrumentId, OrderId, plain
from hub.domain.orders.order import Order

GENESIS = bytes(32)


class Destination:
    """Where outbox messages go."""

    ORDERS_SUBMITTED = "orders-submitted"
    ORDERS_TRIGGERED = "orders-triggered"
    ORDERS_ROUTED = "orders-routed"
    BUS = "bus"


class Cause(NamedTuple):
    """Why something happens: who asked, when by the wall and by the market, under which trace."""

    actor: str
    action: str
    at: datetime
    market_time: datetime | None = None
    trace_id: str = ""


class ExecutionRow(NamedTuple):
    execution_id: str
    order_id: OrderId
    fill_sequence: int
    account_id: AccountId
    instrument_id: InstrumentId
    side: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    fees: Decimal
    trade_date: date
    settlement_date: date
    quote_id: str
    quote: str
    trade: str | None
    seed: int | None
    market_time: datetime
    executed_at: datetime


class ObligationRow(NamedTuple):
    execution_id: str
    account_id: AccountId
    currency: str
    amount: Decimal
    settlement_date: date


class EventRow(NamedTuple):
    account_id: AccountId
    sequence: int
    type: str
    order_id: OrderId | None
    state_before: str | None
    state_after: str | None
    cause: str
    detail: str
    market_time: datetime | None
    at: datetime


class AuditRow(NamedTuple):
    account_id: AccountId
    sequence: int
    payload: str
    hash: bytes
    at: datetime


class MessageRow(NamedTuple):
    message_id: str
    account_id: AccountId
    destination: str
    body: str
    created_at: datetime


class Taken(NamedTuple):
    """What orders have taken of the sizes that one quote displayed."""

    bought: Decimal
    sold: Decimal


class PostingRow(NamedTuple):
    transaction_id: str
    posting: Posting
    at: datetime


def canonical(value: Mapping[str, Any]) -> str:
    """JSON whose text depends on the content alone, fit to be hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


class AccountLimits(NamedTuple):
    """In USD; None is no limit."""

    max_order_value: Decimal | None = None
    max_position_value: Decimal | None = None


NO_LIMITS = AccountLimits()


@dataclass(slots=True)
class AccountBook:
    """One account under its lock: the state as it stands now, changes included."""

    account_id: AccountId
    customer_id: CustomerId
    balance: Balance
    positions: dict[InstrumentId, Position]
    event_sequence: int
    audit_sequence: int
    audit_hash: bytes
    limits: AccountLimits = NO_LIMITS
    cash_before: Balance | None = None


@dataclass(slots=True)
class Books:
    """Accounts and orders that were loaded, and the rows that the commit will write."""

    accounts: dict[AccountId, AccountBook]
    orders: dict[OrderId, Order]
    changed_orders: dict[OrderId, Order] = field(default_factory=dict)
    changed_positions: set[tuple[AccountId, InstrumentId]] = field(default_factory=set)
    changed_accounts: set[AccountId] = field(default_factory=set)
    executions: list[ExecutionRow] = field(default_factory=list)
    obligations: list[ObligationRow] = field(default_factory=list)
    postings: list[PostingRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    audits: list[AuditRow] = field(default_factory=list)
    messages: list[MessageRow] = field(default_factory=list)
    new_orders: dict[OrderId, Order] = field(default_factory=dict)
    request_hashes: dict[OrderId, bytes] = field(default_factory=dict)
    taken: dict[str, Taken] = field(default_factory=dict)
    changed_quotes: dict[str, Taken] = field(default_factory=dict)

    def post(
        self,
        account: AccountBook,
        balance: Balance,
        amounts: Amounts,
        *,
        transaction_id: str,
        kind: str,
        reference: str,
        at: datetime,
    ) -> None:
        """The account's cash becomes `balance`, and the ledger says why."""
        if account.cash_before is None:
            account.cash_before = account.balance
        account.balance = balance
        self.changed_accounts.add(account.account_id)
        entry = posting(account.account_id, kind, reference, amounts)
        if entry.entries:
            self.postings.append(PostingRow(transaction_id, entry, at))

    def hold(self, account: AccountBook, instrument_id: InstrumentId, position: Position) -> None:
        account.positions[instrument_id] = position
        self.changed_positions.add((account.account_id, instrument_id))

    def record(
        self,
        account: AccountBook,
        kind: str,
        cause: Cause,
        detail: Mapping[str, Any],
        *,
        before: Order | None = None,
        after: Order | None = None,
        about: Order | None = None,
    ) -> EventRow:
        """Add to the account's event log. With `after`, the event is a step of that order; with
        `about`, it concerns an order that it does not move."""
        order = after or about
        account.event_sequence += 1
        self.changed_accounts.add(account.account_id)
        event = EventRow(
            account.account_id,
            account.event_sequence,
            kind,
            order.order_id if order else None,
            before.state if before else None,
            after.state if after else None,
            cause.action,
            canonical(detail),
            cause.market_time,
            cause.at,
        )
        self.events.append(event)
        return event

    def audit(self, account: AccountBook, cause: Cause, detail: Mapping[str, Any]) -> None:
        """Add a link to the account's audit chain: who did what, with what effect. Cash that has
        moved since the link before stands in it as it was and as it is."""
        before, account.cash_before = account.cash_before, None
        if before is not None and before != account.balance:
            moved = {"before": _shown(before), "after": _shown(account.balance)}
            detail = {**detail, "cash": moved}
        payload = audit_payload(cause, detail)
        account.audit_sequence += 1
        account.audit_hash = sha256(account.audit_hash + payload.encode()).digest()
        self.changed_accounts.add(account.account_id)
        self.audits.append(
            AuditRow(
                account.account_id, account.audit_sequence, payload, account.audit_hash, cause.at
            )
        )

    def announce(
        self, account: AccountBook, message_id: str, destination: str, body: str, at: datetime
    ) -> None:
        row = MessageRow(message_id, account.account_id, destination, body, at)
        self.messages.append(row)

    def change(self, order: Order) -> None:
        self.orders[order.order_id] = order
        if order.order_id in self.new_orders:
            self.new_orders[order.order_id] = order
        else:
            self.changed_orders[order.order_id] = order

    def add(self, order: Order, request_hash: bytes) -> None:
        """An order that did not exist before."""
        self.orders[order.order_id] = order
        self.new_orders[order.order_id] = order
        self.request_hashes[order.order_id] = request_hash

    def group(self, order: Order) -> list[Order]:
        """The loaded orders that belong with this one, itself included."""
        if order.group_id is None:
            return [order]
        return [each for each in self.orders.values() if each.group_id == order.group_id]

    def take(self, quote_id: str, taken: Taken) -> None:
        self.taken[quote_id] = self.changed_quotes[quote_id] = taken


def _shown(balance: Balance) -> dict[str, str]:
    return {name: plain(amount, 2) for name, amount in balance._asdict().items()}


def audit_payload(cause: Cause, detail: Mapping[str, Any]) -> str:
    """The exact text that an audit link hashes."""
    return canonical(
        {
            "actor": cause.actor,
            "action": cause.action,
            "at": cause.at.isoformat(),
            "market_time": cause.market_time and cause.market_time.isoformat(),
            "trace_id": cause.trace_id,
            **detail,
        }
    )


def domain_event(kind: str, account_id: AccountId, detail: Mapping[str, Any]) -> str:
    """The body of a message for the bus: versioned, and naming its account."""
    return canonical({"type": kind, "version": 1, "account_id": account_id, "detail": detail})


def queue_body(
    order_id: OrderId, account_id: AccountId, symbol: str, trace_id: str, **election: str
) -> str:
    """The message that asks for an order to be processed; see `election` for its optional part."""
    return json.dumps(
        {
            "version": 1,
            "order_id": order_id,
            "account_id": account_id,
            "symbol": symbol,
            "trace_id": trace_id,
            **election,
        }
    )
