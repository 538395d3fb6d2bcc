"""Those who run the platform: what they do, on record, and the orders that need them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from hub.application.books import Cause
from hub.application.ports.messages import Message
from hub.domain.kernel import AccountId, CustomerId, OrderId
from hub.domain.orders.order import Order
from hub.domain.orders.recovery import RecoveryState


class AdminAction(NamedTuple):
    """`detail` is what was asked for, as JSON has it."""

    action_id: str
    customer_id: CustomerId
    action: str
    detail: Mapping[str, Any]
    trace_id: str
    at: datetime


class AdminActions(Protocol):
    def record(self, action: AdminAction) -> None:
        """Before it is done: nothing is done that is not on record."""


class Recovery(NamedTuple):
    """An order that could not be processed, and where it stands on the ladder.

    `episode` counts how often this has happened to it. `message` is the body that could not be
    delivered. With a `task_token` the machine waits for a person.
    """

    order: Order
    episode: int
    state: RecoveryState
    tries: int
    reason: str
    message: Mapping[str, str]
    next_try_at: datetime | None
    task_token: str | None
    began_at: datetime
    updated_at: datetime


class Trouble(NamedTuple):
    """Which orders are looked for: those in the hands of a person, or all that do not move on.

    An order that nobody has decided since the wall time `silent_since`, or that is still queued
    though its market time came before `due_before`, does not move on.
    """

    manual: bool
    silent_since: datetime
    due_before: datetime


class TroubledOrder(NamedTuple):
    """`recovery` is None for an order that no message brings back."""

    order: Order
    recovery: Recovery | None


class Told(NamedTuple):
    """How a step of a recovery is told: in the order's timeline, the audit chain and on the bus."""

    order_id: OrderId
    account_id: AccountId
    kind: str
    cause: Cause
    detail: Mapping[str, Any]
    message_id: str


class Recoveries(Protocol):
    """Each change happens once, however often it is asked for: it gives the message to publish,
    or None where it has happened already. None of them needs the books."""

    def find(self, order_id: OrderId) -> Recovery | None: ...

    def order(self, order_id: OrderId) -> Order | None:
        """Whoever's it is."""

    def begin(self, told: Told, message: Mapping[str, str]) -> Message | None:
        """A new episode, unless one is under way."""

    def plan(self, told: Told, episode: int, tries: int, at: datetime) -> Message | None:
        """The next try will be at `at`."""

    def ask(self, told: Told, episode: int, tries: int, task_token: str) -> Message | None:
        """A person decides, and answers this token. A second token takes the first one's place."""

    def end(self, told: Told) -> Message | None: ...

    def troubled(self, wanted: Trouble, limit: int) -> Sequence[TroubledOrder]:
        """Longest in trouble first."""


class Decision:
    """What a person's answer tells the machine."""

    RETRY = "retry"
    CLOSED = "closed"


class MachineRun(NamedTuple):
    """One run of a state machine for an order; the times are of the wall."""

    name: str
    status: str
    started_at: datetime
    stopped_at: datetime | None
    error: str | None
    cause: str | None


class RecoveryRuns(Protocol):
    """The runs of RecoverOrder, named by order and episode."""

    def start(self, recovery: Recovery, trace_id: str) -> None:
        """As often as it likes: one run a name."""

    def answer(self, task_token: str, decision: str) -> bool:
        """Whether anybody still waited for it."""

    def of(self, order_id: OrderId, episodes: int) -> Sequence[MachineRun]:
        """The latest first."""


class QueueState(NamedTuple):
    """A queue by its purpose, and what lies in it about now; `dead_letters` names where it gives
    up to."""

    name: str
    waiting: int
    in_flight: int
    delayed: int
    dead_letters: str | None


class Queues(Protocol):
    def state(self) -> Sequence[QueueState]:
        """Raises UnavailableError."""


class QueueAges(Protocol):
    def oldest(self) -> Mapping[str, timedelta]:
        """How long the oldest message of each queue, by purpose, has been there, as was told last.

        A queue of which nothing was told lately is left out. Raises UnavailableError.
        """


class Redrives(Protocol):
    def start(self, name: str) -> None:
        """What lies in a dead-letter queue goes back to where it came from, bit by bit.

        Raises ConflictError where that is under way.
        """


class TimedProbe(NamedTuple):
    """How a dependency answers, and after how long."""

    name: str
    healthy: bool
    detail: str
    milliseconds: float


class Backlog(NamedTuple):
    """What waits in the database, and since when by the wall; None where nothing does."""

    outbox: int
    outbox_since: datetime | None
    undecided_since: datetime | None
    open_since: datetime | None


class Vitals(Protocol):
    def probes(self) -> Sequence[TimedProbe]: ...

    def backlog(self) -> Backlog | None:
        """None while the database does not answer."""
