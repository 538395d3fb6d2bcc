"""Many seeds on some processes, each with a database of its own: what was run and found."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from hub.adapters.postgres.migrations.upgrade import upgrade
from hub.adapters.postgres.seed import seed as fill
from local.options import ROOT
from local.services.postgres import Postgres
from tests.fixtures.databases import DatabaseUrls, _renamed
from tests.simulation.planted import mutant
from tests.simulation.run import Nets, Outcome, run_seed
from tests.simulation.shrink import shrink, told
from tests.simulation.world import World

PROCESSES = 2
_CHUNK = 25


class Wanted(NamedTuple):
    """Seeds `first` to `first + count`, with a bug planted or not."""

    first: int
    seeds: int
    nets: Nets
    mutant: str = ""


class Found(NamedTuple):
    """Of a part of a campaign: sums, and each seed that failed with what it showed."""

    seeds: int
    broken: tuple[tuple[int, tuple[str, ...]], ...]
    faults: Counter[str]
    steps: int
    lock_waits: int
    orders: int
    recoveries: int

    def plus(self, other: "Found") -> "Found":
        return Found(
            self.seeds + other.seeds,
            self.broken + other.broken,
            self.faults + other.faults,
            self.steps + other.steps,
            self.lock_waits + other.lock_waits,
            self.orders + other.orders,
            self.recoveries + other.recoveries,
        )


NOTHING = Found(0, (), Counter(), 0, 0, 0, 0)


class Server(NamedTuple):
    """A PostgreSQL with a template, migrated and filled."""

    app: str
    owner: str


@contextmanager
def own_server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder), durable=False)
        server.start()
        try:
            upgrade(server.owner_url)
            fill(server.owner_url, ROOT / "data")
            yield Server(server.url, server.owner_url)
        finally:
            server.stop()


@contextmanager
def own_world(server: Server, nets: Nets) -> Iterator[World]:
    """On a database of its own, which ends with its server."""
    name = f"world_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(_renamed(server.owner, "postgres"), autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE hub").format(sql.Identifier(name)))
    urls = DatabaseUrls(_renamed(server.app, name), _renamed(server.owner, name))
    world = World(urls, constraints=nets.constraints)
    try:
        yield world
    finally:
        world.close()


def run_all(server: Server, wanted: Wanted, *, to_the_end: bool) -> Found:
    """Shared out to processes; with `to_the_end` off, no more once a seed has failed."""
    parts = [
        wanted._replace(first=first, seeds=min(_CHUNK, wanted.first + wanted.seeds - first))
        for first in range(wanted.first, wanted.first + wanted.seeds, _CHUNK)
    ]
    found = NOTHING
    context = get_context("spawn")
    with ProcessPoolExecutor(
        PROCESSES, mp_context=context, initializer=_begin, initargs=(server, wanted.nets)
    ) as pool:
        futures = [pool.submit(_run_part, part, to_the_end=to_the_end) for part in parts]
        for future in futures:
            if found.broken and not to_the_end:
                future.cancel()
                continue
            found = found.plus(future.result())
    return found


_worlds: list[World] = []
_open = ExitStack()


def _begin(server: Server, nets: Nets) -> None:
    """In a process of the pool, which ends with it."""
    _worlds.append(_open.enter_context(own_world(server, nets)))


def _run_part(wanted: Wanted, *, to_the_end: bool) -> Found:
    return run_part(_worlds[0], wanted, to_the_end=to_the_end)


def run_part(world: World, wanted: Wanted, *, to_the_end: bool = True) -> Found:
    found = NOTHING
    with mutant(wanted.mutant).plant() if wanted.mutant else nullcontext():
        for seed in range(wanted.first, wanted.first + wanted.seeds):
            found = found.plus(_found(run_seed(world, seed, wanted.nets)))
            if found.broken and not to_the_end:
                break
    return found


def _found(outcome: Outcome) -> Found:
    broken = ((outcome.seed, outcome.broken),) if outcome.broken else ()
    return Found(
        1,
        broken,
        outcome.faults,
        outcome.steps,
        outcome.lock_waits,
        outcome.orders,
        outcome.recoveries,
    )


def explain(server: Server, wanted: Wanted, seed: int) -> str:
    """The failing seed, shrunk."""
    with (
        own_world(server, wanted.nets) as world,
        mutant(wanted.mutant).plant() if wanted.mutant else nullcontext(),
    ):
        return told(shrink(world, seed, wanted.nets))


def hunt(world: World, names: Sequence[str], nets: Nets, most: int) -> dict[str, int | None]:
    """For each mutant the first seed that finds it; None where none of so many does."""
    found: dict[str, int | None] = {}
    for name in names:
        part = run_part(world, Wanted(0, most, nets, name), to_the_end=False)
        found[name] = part.broken[0][0] if part.broken else None
    return found
