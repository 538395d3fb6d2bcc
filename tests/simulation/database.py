"""PostgreSQL cut at each round trip: before it and after it others may go first, or it is the end.

The product runs unchanged on this: `psycopg.connect` gives it a `Line`, whose connection to the
server outlives it, so that a process that dies or a line that breaks costs no new connection.
"""

import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg import pq
from psycopg.waiting import Ready, Wait

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import numbered
from tests.simulation.chance import Fault
from tests.simulation.scheduler import Scheduler

# A statement that takes longer may wait for a lock: then it is asked.
_ASK_AFTER_MILLISECONDS = 2
_FAULTS = (Fault.KILL, Fault.LOST)


class Wire(psycopg.Connection[tuple[Any, ...]]):
    """A connection to the server that tells when it waits for a lock."""

    scheduler: Scheduler
    is_blocked: Callable[[int], bool]
    cancel_waiting: Callable[[int], None]

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        if getattr(self, "scheduler", None) is None or self.scheduler.running is None:
            return super().wait(gen, interval, timeout)
        try:
            wanted = next(gen)
            while True:
                wanted = gen.send(self._ready(wanted))
        except StopIteration as end:
            return end.value

    def _ready(self, wanted: Wait) -> Ready:
        poll = select.poll()
        poll.register(
            self.pgconn.socket,
            (select.POLLIN if wanted & Wait.R else 0) | (select.POLLOUT if wanted & Wait.W else 0),
        )
        asking = True
        while not (found := poll.poll(_ASK_AFTER_MILLISECONDS)):
            if asking and self.is_blocked(self.pgconn.backend_pid):
                asking = self.scheduler.park(self)
        events = found[0][1]
        ready = 0
        if events & (select.POLLIN | select.POLLHUP | select.POLLERR):
            ready |= Ready.R
        if events & select.POLLOUT:
            ready |= Ready.W
        return Ready(ready)

    def is_free(self) -> bool:
        """Asked by the scheduler while the statement is parked: has it come by its lock?"""
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        while not poll.poll(0):
            if self.is_blocked(self.pgconn.backend_pid):
                return False
            poll.poll(_ASK_AFTER_MILLISECONDS)
        return True

    def give_up(self) -> None:
        self.cancel_waiting(self.pgconn.backend_pid)

    def drop(self) -> None:
        """What the server does when its client is gone."""
        if self.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            self.pgconn.exec_(b"ROLLBACK")


class Watcher:
    """Sees who waits for whom."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)

    def is_blocked(self, pid: int) -> bool:
        row = self._connection.execute("SELECT pg_blocking_pids(%s)", (pid,)).fetchone()
        return bool(row and row[0])

    def cancel(self, pid: int) -> None:
        self._connection.execute("SELECT pg_cancel_backend(%s)", (pid,))

    def close(self) -> None:
        self._connection.close()


class Line:
    """What the product holds for its connection; it breaks alone, the wire stays."""

    def __init__(self, wire: Wire, scheduler: Scheduler) -> None:
        self.closed = False
        self.broken = False
        self._wire = wire
        self._scheduler = scheduler
        self._piped: list[str] | None = None

    @property
    def adapters(self) -> Any:
        return self._wire.adapters

    def execute(self, query: str, parameters: Sequence[Any] | None = None) -> Any:
        if query == "ROLLBACK":
            # psycopg forgets what it has prepared at this word, and would prepare it all anew.
            self._check()
            self._wire.drop()
            return None
        if self._piped is not None:
            self._piped.append(statement_name(query))
            return self._wire.execute(query, parameters)
        with self._trip(statement_name(query)):
            return self._wire.execute(query, parameters)

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        self._piped = []
        try:
            with self._trip("pipeline"), self._wire.pipeline():
                yield
        finally:
            self._piped = None

    def close(self) -> None:
        self.closed = True
        self._wire.drop()

    @contextmanager
    def _trip(self, where: str) -> Iterator[None]:
        self._check()
        self._seam(f"before {where}")
        yield
        self._seam(f"after {' '.join(self._piped) if self._piped else where}")

    def _seam(self, where: str) -> None:
        try:
            met = self._scheduler.seam(where, *_FAULTS)
        except BaseException:
            self.close()
            raise
        if met is Fault.LOST:
            self.close()
            raise psycopg.OperationalError("the line is cut")

    def _check(self) -> None:
        if self.closed:
            raise psycopg.OperationalError("the connection is closed")


@cache
def statement_name(text: str) -> str:
    """By which a statement is known in a story."""
    return _names().get(text) or " ".join(text.split()[:3])


@cache
def _names() -> dict[str, str]:
    texts = {name: value for name, value in vars(compiled).items() if name.isupper()}
    return {numbered(text)[0]: name for name, text in texts.items() if isinstance(text, str)}
