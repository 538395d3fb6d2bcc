"""Notifications: what is to be told, to whom, what was told already, and the ways to a customer."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from hub.domain.kernel import AccountId, CustomerId, OrderId
from hub.domain.notifications.letters import Facts
from hub.domain.notifications.preferences import Channel, Preferences, Topic


class Recipient(NamedTuple):
    customer_id: CustomerId
    channel: Channel


class OrderNews(NamedTuple):
    """An event of an account's log, with its order as it stands now."""

    sequence: int
    kind: str
    detail: Mapping[str, Any]
    at: datetime
    order_id: OrderId
    symbol: str
    side: str
    ordered: Decimal
    filled: Decimal
    filled_value: Decimal
    fees: Decimal
    reason_code: str | None
    reason: str | None
    exchange: str
    currency: str


class Notification(NamedTuple):
    """To be told of `event`, by one channel. `kind` is the event's."""

    notification_id: str
    event: str
    channel: Channel
    customer_id: CustomerId
    topic: Topic
    kind: str
    facts: Facts
    due_at: datetime
    bundled: bool
    created_at: datetime


class Claimed(NamedTuple):
    """One to be sent now. `tries` counts this one too."""

    notification_id: str
    topic: Topic
    kind: str
    facts: Facts
    bundled: bool
    tries: int


class Turn(Protocol):
    """One's turn to see what has happened in an account: nobody else plans of it meanwhile."""

    @property
    def customer_id(self) -> CustomerId: ...

    @property
    def preferences(self) -> Preferences: ...

    @property
    def lately(self) -> Mapping[Channel, int]:
        """How many left one by one within the last hour."""

    @property
    def news(self) -> Sequence[OrderNews]:
        """What nobody has planned of yet, in order; the rest where it is too much for once."""

    @property
    def more(self) -> bool:
        """Whether there is such a rest."""

    def plan(self, notifications: Sequence[Notification]) -> None:
        """All of the news has been looked at, and this is to be told of it."""


class Notifications(Protocol):
    def turn(self, account_id: AccountId, since: datetime) -> AbstractContextManager[Turn | None]:
        """Waits for whoever has it. `lately` is counted from `since`. None for no account."""

    def due(self, at: datetime, limit: int) -> Sequence[Recipient]:
        """Who has to be told something, longest due first."""

    def claim(self, to: Recipient, at: datetime, until: datetime) -> Sequence[Claimed]:
        """What is due, oldest first: nobody else gets it before `until`."""

    def sent(self, notification_ids: Sequence[str], at: datetime) -> None: ...

    def postpone(self, notification_ids: Sequence[str], until: datetime) -> None: ...

    def give_up(self, notification_ids: Sequence[str], at: datetime) -> None: ...

    def prune(self, before: datetime, limit: int) -> int:
        """Forget at most so many that ended before that. How many."""


class CustomersPreferences(Protocol):
    def of(self, customer_id: CustomerId) -> Preferences:
        """The usual ones of who never said."""

    def replace(self, customer_id: CustomerId, wanted: Preferences, at: datetime) -> None: ...


class Mail(NamedTuple):
    """`message_id` is the same whenever the same is sent again."""

    message_id: str
    to: str
    subject: str
    text: str
    html: str = ""


class PhoneText(NamedTuple):
    message_id: str
    to: str
    text: str


class Mailbox(Protocol):
    def send(self, mail: Mail) -> None:
        """Raises UnavailableError, and RejectedError where this one mail is refused."""


class PhoneTexts(Protocol):
    def send(self, text: PhoneText) -> None:
        """Raises UnavailableError, and RejectedError where this one text is refused."""
