"""States that run flows side by side: Parallel, and Map over items here or in child executions."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar, cast

from local.statemachines.errors import QUERY_EVALUATION, TOLERANCE_EXCEEDED, StateError
from local.statemachines.execution import Trail
from local.statemachines.expressions import Scope
from local.statemachines.model import Batcher, Map, Parallel
from local.statemachines.payload import text_of
from local.statemachines.timing import iso, stopped
from local.statemachines.walk import Step, Strand, Visit, Walker, amount

T = TypeVar("T")

_SIDE_BY_SIDE = 40
"""How many items of an inline Map Step Functions runs at once when no limit is given."""
_CHILDREN = 1000


async def parallel(walker: Walker, visit: Visit) -> Step:
    state = cast("Parallel", visit.state)
    given = visit.at.input if state.arguments is None else state.arguments(visit.scope())
    visit.trail.record("ParallelStateStarted")
    try:
        branches = [walker.start(flow, visit.strand.fork(), given) for flow in state.branches]
        result = await _together(branches)
    except StateError as error:
        visit.trail.failed("ParallelStateFailed", error)
        raise
    visit.trail.record("ParallelStateSucceeded")
    return visit.leave(state, result, result=result)


async def each(walker: Walker, visit: Visit, unique: Callable[[], str]) -> Step:
    """Map; `unique` names the child executions of a distributed one."""
    state, scope = cast("Map", visit.state), visit.scope()
    items = _items(state, scope, visit.at.input)
    inputs = [_selected(state, visit, at, item) for at, item in enumerate(items)]
    batches = _batches(inputs, state.batcher, scope)
    limit = amount(state.concurrency, scope) or (_CHILDREN if state.distributed else _SIDE_BY_SIDE)
    tolerance = _Tolerance(state, scope, len(items))
    prefix = "MapRun" if state.distributed else "MapState"
    done = _redriven(visit)
    began = "Redriven" if done is not None else "Started"
    visit.trail.record(f"{prefix}{began}", **({} if state.distributed else {"length": len(items)}))
    run = _Items(walker, visit, items, unique, tolerance)
    run.done.update(done or {})
    try:
        result = await _pooled(batches, limit, run.one)
    except StateError as error:
        visit.at.done = sorted(run.done.items())
        visit.trail.failed(f"{prefix}Failed", error)
        raise
    visit.trail.record(f"{prefix}Succeeded")
    return visit.leave(state, result, result=result)


def _redriven(visit: Visit) -> dict[int, Any] | None:
    """What the children gave that succeeded before; None where this is no redrive of a Map Run."""
    at = visit.at
    done, redriven = dict(at.done), at.redriven and cast("Map", visit.state).distributed
    at.done, at.redriven = [], False
    return done if redriven else None


class _Tolerance:
    """Counts failed items until there are more than the state tolerates."""

    def __init__(self, state: Map, scope: Scope, total: int) -> None:
        self.count = amount(state.tolerated_count, scope)
        self.percentage = amount(state.tolerated_percentage, scope)
        self.given = self.count is not None or self.percentage is not None or state.distributed
        self.total = total
        self.failed = 0

    def add(self, error: StateError, items: int) -> None:
        if not self.given:
            raise error
        self.failed += items
        over_count = self.count is not None and self.failed > self.count
        share = self.failed * 100 / self.total
        over_share = self.percentage is not None and share > self.percentage
        if over_count or over_share or (self.count is None and self.percentage is None):
            cause = "The specified tolerated failure threshold was exceeded."
            raise StateError(TOLERANCE_EXCEEDED, cause) from error


class _Items:
    """Runs one batch after another, but for those `done`; a failure that is tolerated leaves null
    as its result."""

    def __init__(
        self,
        walker: Walker,
        visit: Visit,
        items: list[Any],
        unique: Callable[[], str],
        tolerance: _Tolerance,
    ) -> None:
        self.done: dict[int, Any] = {}
        self._walker, self._visit, self._items = walker, visit, items
        self._state = cast("Map", visit.state)
        self._unique, self._tolerance = unique, tolerance

    async def one(self, index: int, batch: tuple[Any, int]) -> Any:
        if index in self.done:
            return self.done[index]
        given, size = batch
        strand = self._strand(index, given)
        named = {"name": self._state.name, "index": index}
        strand.trail.record("MapIterationStarted", **named)
        try:
            output = await self._walker.start(self._state.flow, strand, given)
        except StateError as error:
            strand.trail.record("MapIterationFailed", **named)
            self._tolerance.add(error, size)
            return None
        strand.trail.record("MapIterationSucceeded", **named)
        if self._state.distributed:
            self.done[index] = output
        return output

    def _strand(self, index: int, given: Any) -> Strand:
        outer = self._visit.strand
        if not self._state.distributed:
            return outer.fork(Map=_item(index, self._items[index]))
        name, started = self._unique(), iso(self._walker.clock.now())
        parent = outer.context["Execution"]
        arn = f"{parent['Id'].rpartition(':')[0]}/{self._state.name}:{name}"
        execution = {**parent, "Id": arn, "Name": name, "Input": given, "StartTime": started}
        return Strand({}, {**outer.context, "Execution": execution}, Trail(None))


def _item(index: int, value: Any) -> dict[str, Any]:
    return {"Item": {"Index": index, "Value": value}}


def _items(state: Map, scope: Scope, given: Any) -> list[Any]:
    items = given if state.items is None else state.items(scope)
    if isinstance(items, dict):
        return [{"Key": key, "Value": value} for key, value in items.items()]
    if not isinstance(items, list):
        raise StateError(QUERY_EVALUATION, f"The Items of '{state.name}' are not an array.")
    return items


def _selected(state: Map, visit: Visit, index: int, item: Any) -> Any:
    if state.selector is None:
        return item
    context = {**visit.context, "Map": _item(index, item)}
    states = {"input": visit.at.input, "context": context}
    return state.selector({**visit.strand.variables, "states": states})


def _batches(inputs: list[Any], batcher: Batcher | None, scope: Scope) -> list[tuple[Any, int]]:
    """What each run of the flow gets, and how many items that is."""
    if batcher is None:
        return [(item, 1) for item in inputs]
    shared = {} if batcher.shared is None else {"BatchInput": batcher.shared(scope)}
    size, limit = amount(batcher.items, scope), amount(batcher.size, scope)
    cut = _cut(inputs, size or len(inputs), limit)
    return [({**shared, "Items": items}, len(items)) for items in cut]


def _cut(inputs: list[Any], size: int, limit: int | None) -> Iterator[list[Any]]:
    batch: list[Any] = []
    weight = 0
    for item in inputs:
        weighs = len(text_of(item).encode()) if limit else 0
        if batch and (len(batch) >= size or (limit and weight + weighs > limit)):
            yield batch
            batch, weight = [], 0
        batch.append(item)
        weight += weighs
    if batch:
        yield batch


async def _together(runs: list[Coroutine[Any, Any, T]]) -> list[T]:
    """All the results; the first failure stops the others."""
    tasks = [asyncio.ensure_future(run) for run in runs]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await stopped(*tasks)


async def _pooled(
    inputs: list[tuple[Any, int]],
    limit: int,
    one: Callable[[int, tuple[Any, int]], Awaitable[Any]],
) -> list[Any]:
    results: list[Any] = [None] * len(inputs)
    waiting = zip(itertools.count(), inputs)

    async def worker() -> None:
        for index, given in waiting:
            results[index] = await one(index, given)

    await _together([worker() for _ in range(min(limit, len(inputs)))])
    return results
