"""Customers, their sessions, and the proof of who they are."""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from hub.application.books import Cause
from hub.domain.kernel import AccountId, CustomerId


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
