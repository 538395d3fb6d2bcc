"""Things that fall due: add and discard in O(log n), whatever lies in wait."""

import heapq
import itertools
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Agenda(Generic[T]):
    """A discarded entry leaves a stub behind; stubs never outnumber the entries for long."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._items: dict[int, T] = {}
        self._tokens = itertools.count(1)

    def add(self, at: float, item: T) -> int:
        """A token for `discard`."""
        token = next(self._tokens)
        self._items[token] = item
        heapq.heappush(self._heap, (at, token))
        return token

    def discard(self, token: int) -> None:
        self._items.pop(token, None)
        if len(self._heap) > 2 * len(self._items) + 64:
            self._heap = [entry for entry in self._heap if entry[1] in self._items]
            heapq.heapify(self._heap)

    def next_at(self) -> float | None:
        while self._heap and self._heap[0][1] not in self._items:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> Iterator[T]:
        """Everything due by `now`, in order of time."""
        while self._heap and self._heap[0][0] <= now:
            _, token = heapq.heappop(self._heap)
            if token in self._items:
                yield self._items.pop(token)
