"""The order transactions through Hub's adapter, and under pgbench: the same statements and rows.

Each lane runs some transactions on a connection of its own and says how long one took. Nothing
but the transaction is counted: not the connecting, not the making of what it works on.
"""

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, TypeVar

import psycopg

from benchmarks import pgbench
from benchmarks.plays import Play, Rehearsal, absent, keep, one_statement, pgbench_text
from benchmarks.trading import Trading
from hub.adapters.postgres import compiled
from hub.adapters.postgres.orders import PostgresOrders
from hub.application.orders.execute_orders import ExecuteOrdersCommand

Item = TypeVar("Item")
Lane = Callable[[], float]

_LOCK, _LOAD, _WRITE = compiled.LOCK_ACCOUNTS, compiled.LOAD_BOOKS, compiled.WRITE_BOOKS
PLACE = (compiled.PLACE_BUY,)
EXECUTE = ("BEGIN", _LOCK, _LOAD, _WRITE, "COMMIT")
EXECUTE_PIPELINED = (
    *("\\startpipeline", "BEGIN", _LOCK, _LOAD, "\\endpipeline"),
    *("\\startpipeline", _WRITE, "COMMIT", "\\endpipeline"),
)
EXECUTE_AT_ONCE = (one_statement(_LOCK, _LOAD, _WRITE),)


class Lanes:
    """`transactions` is how many of them a lane runs each time."""

    def __init__(self, trading: Trading, owner: psycopg.Connection[Any], transactions: int) -> None:
        self._trading = trading
        self._owner = owner
        self._transactions = transactions

    def all(self, batch: int) -> Mapping[str, Lane]:
        """By name; `batch` is how many orders the batched executions have."""
        sizes = {"execute": 1, f"execute {batch}": batch}
        ways = {"pgbench": EXECUTE, "pipelined": EXECUTE_PIPELINED, "at once": EXECUTE_AT_ONCE}
        lanes: dict[str, Lane] = {
            "submit hub": self._submit,
            "submit pgbench": self._submit_by_pgbench,
        }
        for name, size in sizes.items():
            lanes[f"{name} hub"] = lambda size=size: self._execute(size)  # type: ignore[misc]  # a default holds the loop's value
            for way, commands in ways.items():
                lanes[f"{name} {way}"] = self._executing_by_pgbench(size, commands)
        return lanes

    def _submit(self) -> float:
        requests = self._trading.requests(self._transactions)
        database = self._trading.database()
        orders = PostgresOrders(database)
        took = mean_seconds(orders.place, requests)
        database.close()
        return took

    def _submit_by_pgbench(self) -> float:
        rehearsal = Rehearsal(self._trading.url)
        orders = PostgresOrders(rehearsal)
        for request in self._trading.requests(self._transactions):
            orders.place(request)
        rehearsal.forget()
        return self._play(rehearsal.plays, PLACE)

    def _execute(self, size: int) -> float:
        commands = self._commands(size)
        database = self._trading.database()
        took = mean_seconds(self._trading.executing(database), commands)
        database.close()
        return took

    def _executing_by_pgbench(self, size: int, commands: Sequence[str]) -> Lane:
        def execute() -> float:
            rehearsal = Rehearsal(self._trading.url)
            rehearse = self._trading.executing(rehearsal)
            for command in self._commands(size):
                rehearse(command)
            rehearsal.forget()
            return self._play(rehearsal.plays, commands)

        return execute

    def _commands(self, size: int) -> list[ExecuteOrdersCommand]:
        count = max(self._transactions // size, 20)
        orders = self._trading.placed(count * size)
        starts = range(0, len(orders), size)
        return [self._trading.command(orders[start : start + size]) for start in starts]

    def _play(self, plays: Sequence[Play], commands: Sequence[str]) -> float:
        names, nothing = keep(self._owner, plays), absent(plays)
        text = pgbench.script(names, [pgbench_text(each, nothing) for each in commands])
        return pgbench.play(self._trading.url, text, len(plays))


def mean_seconds(act: Callable[[Item], object], items: Sequence[Item]) -> float:
    began = perf_counter()
    for item in items:
        act(item)
    return (perf_counter() - began) / len(items)
