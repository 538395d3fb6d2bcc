"""Tasks in threads of which one runs at a time: who goes on at a seam is drawn from the seed.

A task runs from seam to seam. At a seam it may be told to wait, or that its process dies there. A
statement that waits for a row lock is parked until its holder has let go; one more that would wait
is canceled, as a lock timeout cancels it, because PostgreSQL wakes two waiters in no fixed order.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum, auto
from hashlib import sha256
from random import Random
from typing import Protocol

from tests.simulation.chance import Chance, Fault
from tests.simulation.clock import SimulatedClock

_A_STEP_TAKES = 0.001
_MOST_STEPS = 20_000


class KilledError(BaseException):
    """The process dies here. No code of the product catches it."""


class StuckError(Exception):
    """The run does not come to an end."""


class Mode(Enum):
    WAITING = auto()
    READY = auto()
    PARKED = auto()
    DONE = auto()


class Task:
    """`lane`: of the tasks of one lane only one runs at a time, in the order of their coming."""

    def __init__(
        self, name: str, work: Callable[[], None], chance: Chance, at: datetime, lane: str
    ) -> None:
        self.name = name
        self.work = work
        self.at = at
        self.lane = lane
        self.dice: Random = chance.dice(name)
        self.priority = self.dice.random()
        self.mode = Mode.WAITING
        self.slot: Slot | None = None
        self.dead = False
        self.seams = 0
        self.until: Callable[[], bool] | None = None
        self.error: BaseException | None = None


class Parked(Protocol):
    """A connection that waits for a lock."""

    def is_free(self) -> bool: ...

    def give_up(self) -> None: ...


class Slot:
    """A thread, and what the tasks that run in it work with; of the same kind each."""

    def __init__(self, number: int, scheduler: "Scheduler") -> None:
        self.number = number
        self.go = threading.Lock()
        self.go.acquire()
        self.task: Task | None = None
        self.over = False
        self._scheduler = scheduler
        self._thread = threading.Thread(target=self._serve, name=f"slot {number}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self.over = True
        self.go.release()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            self.go.acquire()
            if self.over:
                return
            assert self.task is not None
            try:
                self.task.work()
            except KilledError:
                pass
            except BaseException as error:  # noqa: BLE001  # it is judged at the end of the run
                self.task.error = error
            self.task.mode = Mode.DONE
            self._scheduler.back.release()


class Scheduler:
    """`begin` starts a run; the slots outlive it."""

    def __init__(self, slots: int) -> None:
        self.back = threading.Lock()
        self.back.acquire()
        self.slots = [Slot(number, self) for number in range(slots)]
        self.running: Task | None = None

    def begin(self, clock: SimulatedClock, chance: Chance) -> None:
        self.clock = clock
        self.chance = chance
        self.tasks: list[Task] = []
        self.errors: list[tuple[str, BaseException]] = []
        self.parked: tuple[Task, Parked] | None = None
        self.steps = 0
        self.lock_waits = 0
        self.canceled = 0
        self.trace = sha256()
        self.story: list[str] = []

    def end(self) -> None:
        for slot in self.slots:
            slot.end()

    def spawn(self, name: str, work: Callable[[], None], at: datetime, lane: str = "") -> Task:
        task = Task(name, work, self.chance, at, lane)
        self.tasks.append(task)
        return task

    def run(self) -> None:
        """Until there is nothing left to do. Time passes where everybody waits."""
        while self.tasks:
            ready = self._ready()
            if ready:
                self._step(max(ready, key=lambda task: (task.priority, task.name)))
            elif not self._pass_time():
                raise StuckError(f"nobody can go on: {[task.name for task in self.tasks]}")
            if self.steps > _MOST_STEPS:
                raise StuckError(f"not at its end after {_MOST_STEPS} steps")

    # What a running task calls

    def seam(self, where: str, *faults: Fault) -> Fault | None:
        """The task is at a point where others may go first, and where it may meet one of `faults`.

        Raises KilledError. Of the faults that are no matter of the scheduler's the first is told.
        """
        task = self._me()
        if task is None:
            return None
        if task.dead:
            raise KilledError
        task.seams += 1
        place = f"{task.name}#{task.seams}"
        self._note(task, where)
        met: Fault | None = None
        for fault in (Fault.SWITCH, Fault.LATE, *faults):
            if self.chance.strikes(fault, task.dice, place, where):
                met = self._meet(task, fault, where) or met
        if task.dead:
            raise KilledError
        return met

    def _meet(self, task: Task, fault: Fault, where: str) -> Fault | None:
        if fault is Fault.SWITCH:
            task.priority = task.dice.random()
            self._give_way(task)
        elif fault is Fault.LATE:
            self._tell(task, f"stands still at {where}")
            self.sleep(task.dice.choice((0.5, 3.0, 7.0, 20.0)))
        elif fault is Fault.KILL:
            self._tell(task, f"is killed at {where}")
            task.dead = True
        else:
            self._tell(task, f"meets {fault} at {where}")
            return fault
        return None

    def sleep(self, seconds: float) -> None:
        task = self._me()
        assert task is not None
        task.at, task.mode = self.clock.later(seconds), Mode.WAITING
        self._give_way(task)

    def wait_for(self, done: Callable[[], bool], seconds: float) -> bool:
        """Whether it was done in time."""
        task = self._me()
        assert task is not None
        task.until, task.at, task.mode = done, self.clock.later(seconds), Mode.WAITING
        self._give_way(task)
        task.until = None
        return done()

    def park(self, connection: Parked) -> bool:
        """The running task's statement waits for a lock. Returns when it waits no more; False where
        it was canceled instead."""
        task = self._me()
        assert task is not None
        if self.parked is not None:
            self.canceled += 1
            self._note(task, "canceled")
            connection.give_up()
            return False
        self.lock_waits += 1
        self._note(task, "parked")
        self.parked, task.mode = (task, connection), Mode.PARKED
        self._give_way(task)
        return True

    @contextmanager
    def process(self) -> Iterator[None]:
        """What runs in the block is a process of its own: that it dies does not end the task."""
        task = self._me()
        assert task is not None
        try:
            yield
        finally:
            task.dead = False

    def tell(self, words: str) -> None:
        """For the story of a failed run."""
        task = self.running
        time = self.clock.now().strftime("%d %H:%M:%S.%f")[:-3]
        self.story.append(f"{time} {task.name if task else 'world'}: {words}")

    # How it is decided who runs

    def _me(self) -> Task | None:
        """None outside of every task: when the world is made and judged."""
        return self.running

    def _ready(self) -> list[Task]:
        now, free = self.clock.now(), any(slot.task is None for slot in self.slots)
        busy = {slot.task.lane for slot in self.slots if slot.task and slot.task.lane}
        ready: list[Task] = []
        for task in self.tasks:
            if task.mode is Mode.WAITING and (task.at <= now or (task.until and task.until())):
                if task.slot is None and (not free or task.lane in busy):
                    continue
                if task.lane and task.slot is None:
                    busy.add(task.lane)
                ready.append(task)
            elif task.mode is Mode.READY:
                ready.append(task)
        return ready

    def _pass_time(self) -> bool:
        now = self.clock.now()
        later = [each.at for each in self.tasks if each.mode is Mode.WAITING and each.at > now]
        if later:
            self.clock.pass_to(min(later))
        return bool(later)

    def _step(self, task: Task) -> None:
        self.steps += 1
        self.clock.advance(_A_STEP_TAKES)
        if task.slot is None:
            task.slot = next(slot for slot in self.slots if slot.task is None)
            task.slot.task = task
        task.mode = Mode.READY
        self.running = task
        task.slot.go.release()
        self.back.acquire()
        self.running = None
        if task.mode is Mode.DONE:
            task.slot.task = None
            self.tasks.remove(task)
            if task.error is not None:
                self.errors.append((task.name, task.error))
        self._unpark()

    def _unpark(self) -> None:
        if self.parked is not None and self.parked[1].is_free():
            self.parked[0].mode, self.parked = Mode.READY, None

    def _give_way(self, task: Task) -> None:
        assert task.slot is not None
        if task.mode is Mode.READY and self._goes_on(task):
            return
        self.back.release()
        task.slot.go.acquire()

    def _goes_on(self, task: Task) -> bool:
        """Whether the task would be chosen again: it need not change threads for that."""
        if self.parked is not None:
            return False
        best = max(self._ready(), key=lambda each: (each.priority, each.name))
        return best is task

    def _note(self, task: Task, what: str) -> None:
        self.trace.update(f"{self.steps} {task.name} {what}\n".encode())

    def _tell(self, task: Task, what: str) -> None:
        self._note(task, what)
        self.tell(what)
