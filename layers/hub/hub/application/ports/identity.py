"""Customers, their sessions, and the proof of who they are."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from hub.application.books import Cause
from hub.domain.identity.api_keys import KeyScope
from hub.domain.identity.attempts import Gate
from hub.domain.identity.one_time_tokens import Notice, Purpose
from hub.domain.identity.second_factor import SecondFactor
from hub.domain.identity.sessions import Ending
from hub.domain.kernel import AccountId, CustomerId


class Customer(NamedTuple):
    customer_id: CustomerId
    email: str
    name: str
    password_hash: str
    admin: bool = False
    email_verified: bool = False


class Known(NamedTuple):
    """A customer as they are told apart: nothing of it is personal, and no seal is opened for it.

    `email_index` stands for their address (BlindIndex).
    """

    customer_id: CustomerId
    email_index: bytes
    password_hash: str
    admin: bool


class NewCustomer(NamedTuple):
    """A customer with a first account, to be recorded together. Their key is made already.

    `key_master` wraps it.
    """

    customer: Customer
    email_index: bytes
    key_master: str
    account_id: AccountId
    cause: Cause
    audit_payload: str


class NewSession(NamedTuple):
    """A session with its first token. `address` and `agent` tell the customer which it is."""

    session_id: str
    customer_id: CustomerId
    token_hash: bytes
    address: str
    agent: str
    created_at: datetime
    expires_at: datetime


class Rotation(NamedTuple):
    """A refresh token is presented, and `fresh` is to take its place."""

    presented: bytes
    fresh: bytes
    at: datetime
    idle_since: datetime


class Rotated(NamedTuple):
    """`reused`: the token had been used before, and so its session has ended now."""

    session_id: str
    customer_id: CustomerId
    admin: bool
    reused: bool


class LiveSession(NamedTuple):
    session_id: str
    address: str
    agent: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime


class PasswordChange(NamedTuple):
    """`session_id` is the only session that stays."""

    customer_id: CustomerId
    session_id: str
    old_hash: str
    new_hash: str
    at: datetime


class EmailTakenError(Exception):
    """Another customer has this address."""


class Customers(Protocol):
    def register(self, new: NewCustomer) -> None:
        """Raises EmailTakenError."""

    def known_by(self, email_index: bytes) -> Known | None: ...

    def known(self, customer_id: CustomerId) -> Known | None:
        """None for one who is erased."""

    def by_id(self, customer_id: CustomerId) -> Customer | None:
        """None for one who is erased."""

    def email_of(self, customer_id: CustomerId) -> str | None:
        """Where they are written to: read here alone. None for one who is erased."""

    def rehash(self, customer_id: CustomerId, old_hash: str, new_hash: str) -> None:
        """Store the same password under a better hash, unless it was changed meanwhile."""

    def change_password(self, change: PasswordChange) -> int | None:
        """How many sessions that ended; None where `old_hash` is the password's no more."""


class PersonalData(NamedTuple):
    """What is kept of a person besides what they own."""

    customer: Customer
    created_at: datetime
    sessions: Sequence[LiveSession]


class People(Protocol):
    def all_of(self, customer_id: CustomerId) -> PersonalData | None:
        """With the sessions that are over."""

    def erase(self, customer_id: CustomerId, at: datetime) -> None:
        """Forget who the customer was, and note that their key is to be destroyed.

        The books stay as they are.
        """


class Devices(Protocol):
    """Sessions with where they were opened from, which is personal."""

    def open(self, session: NewSession) -> None: ...

    def of(self, customer_id: CustomerId, at: datetime) -> Sequence[LiveSession]:
        """The live ones, the last used first."""


class Sessions(Protocol):
    def rotate(self, rotation: Rotation) -> Rotated | None:
        """None for a token that nobody was given, and for one whose session is over."""

    def live(self, session_id: str, at: datetime) -> bool: ...

    def end(self, customer_id: CustomerId, session_id: str, ending: Ending, at: datetime) -> bool:
        """Whether it was there to be ended."""

    def end_all(self, customer_id: CustomerId, ending: Ending, at: datetime) -> int: ...


class NewOneTimeToken(NamedTuple):
    """It takes the place of earlier ones of its purpose."""

    customer_id: CustomerId
    purpose: Purpose
    token_hash: bytes
    created_at: datetime
    expires_at: datetime


class PasswordReset(NamedTuple):
    token_hash: bytes
    password_hash: str
    at: datetime


class OneTimeTokens(Protocol):
    def create(self, new: NewOneTimeToken) -> bool:
        """False where the customer is erased."""

    def owner(self, token_hash: bytes, purpose: Purpose, at: datetime) -> Customer | None:
        """Whose live token it is."""

    def reset_password(self, reset: PasswordReset) -> int | None:
        """How many sessions that ended; None where the token is live no more.

        The customer's API keys are revoked, and their address is verified: the token came there.
        """

    def verify_email(self, token_hash: bytes, at: datetime) -> bool:
        """False where the token is live no more."""


class SecondFactors(Protocol):
    def begin(self, customer_id: CustomerId, secret: bytes, at: datetime) -> bool:
        """Keep the secret until it is confirmed; False where a confirmed one is in the way."""

    def of(self, customer_id: CustomerId) -> SecondFactor | None: ...

    def confirm(
        self, customer_id: CustomerId, step: int, recovery: Sequence[bytes], at: datetime
    ) -> bool:
        """Whether one was waiting to be confirmed."""

    def take_step(self, customer_id: CustomerId, step: int) -> bool:
        """Whether no later code was taken before."""

    def take_recovery(self, customer_id: CustomerId, code_hash: bytes, at: datetime) -> bool:
        """Whether it was there, and had not been used."""

    def remove(self, customer_id: CustomerId, at: datetime) -> bool:
        """Whether there was one."""


class NoticeRequests(Protocol):
    def ask(self, purpose: Purpose, email_index: bytes) -> None:
        """Have a notice sent to this address, if it is a customer's: that is found out elsewhere.

        Raises UnavailableError.
        """


class Notices(Protocol):
    def send(self, notice: Notice) -> None:
        """Raises UnavailableError."""


class Passwords(Protocol):
    def hash(self, password: str) -> str: ...

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Takes the same time whether or not there is a hash to compare with."""

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than those of today."""


class Attempts(Protocol):
    """What has been tried at the gates, counted before it is known how it ends."""

    def begin(self, gates: Sequence[Gate], at: datetime) -> int:
        """Count one attempt at each gate, unless one is shut. Seconds to wait; 0 to go on."""

    def succeeded(self, gates: Sequence[Gate]) -> None:
        """It was none of the failures: forget the account's, and take one off the address."""


class Past(NamedTuple):
    """Sessions that ended before `over` or were last used before `used`, tokens and keys that
    were good until before `over`, attempts before `attempted`: nobody needs them any more."""

    over: datetime
    used: datetime
    attempted: datetime


class Remains(Protocol):
    def prune(self, past: Past, most: int) -> int:
        """Delete at most so many of each kind. How many that were; a session counts as one."""


class Identity(NamedTuple):
    """Who a credential speaks for, and until when it may be taken for good.

    `session_id` is the log-in's, or the API key's own id; `account_id` is a key's.
    """

    customer_id: CustomerId
    session_id: str
    scope: str
    expires_at: datetime
    account_id: AccountId | None = None


class NewApiKey(NamedTuple):
    key_id: str
    customer_id: CustomerId
    account_id: AccountId
    name: str
    scope: KeyScope
    token_hash: bytes
    created_at: datetime
    expires_at: datetime


class ApiKey(NamedTuple):
    """A key as it is shown: never its secret."""

    key_id: str
    name: str
    scope: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class CreatedKey(NamedTuple):
    """`account_found` and not `created`: the account has as many as it may have."""

    account_found: bool
    created: bool


class UsedKey(NamedTuple):
    key_id: str
    customer_id: CustomerId
    account_id: AccountId
    scope: str
    expires_at: datetime


class ApiKeys(Protocol):
    def create(self, new: NewApiKey, most: int) -> CreatedKey: ...

    def of(
        self, customer_id: CustomerId, account_id: AccountId, at: datetime
    ) -> Sequence[ApiKey] | None:
        """Live ones, the newest first; None where the account is not the customer's."""

    def revoke(
        self, customer_id: CustomerId, account_id: AccountId, key_id: str, at: datetime
    ) -> bool:
        """Whether it was there to be revoked."""

    def live(self, key_ids: Collection[str], at: datetime) -> Collection[str]:
        """Those of them that are neither revoked nor over."""

    def use(self, token_hash: bytes, at: datetime) -> UsedKey | None:
        """The live key of this hash; it is noted that it was used."""


class Tokens(Protocol):
    @property
    def life(self) -> timedelta:
        """How long an access token lives."""

    def issue(self, customer_id: CustomerId, session_id: str, scope: str, at: datetime) -> str: ...

    def public_keys(self) -> Sequence[Mapping[str, str]]:
        """Every key whose tokens are taken, as RFC 7517 writes them."""

    def verify(self, token: str) -> Identity:
        """Raises UnauthenticatedError."""
