"""Which environment serves which call: warm reuse, limits per function and in all, fair waiting."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.functions.process import Environment
from local.template.model import FunctionSpec


@dataclass(eq=False, slots=True)
class Pool:
    """The environments of one function."""

    spec: FunctionSpec
    limit: int
    size: int = 0
    generation: int = 0
    idle: list[Environment] = field(default_factory=list)
    waiting: deque["asyncio.Future[Environment | None]"] = field(default_factory=deque)


class Fleet:
    """All pools under one capacity. Callers over a limit wait in order of arrival."""

    def __init__(self, pools: Iterable[Pool], capacity: int) -> None:
        self._pools = list(pools)
        self._capacity = capacity
        self._size = 0

    async def take(self, pool: Pool) -> Environment | None:
        """A warm environment, or None: a place that the caller fills with a new one."""
        if not pool.waiting:
            granted, environment = self._grant(pool)
            if granted:
                return environment
        turn: asyncio.Future[Environment | None] = asyncio.get_running_loop().create_future()
        pool.waiting.append(turn)
        return await turn

    def give_back(self, pool: Pool, environment: Environment) -> None:
        """The environment is free again."""
        if environment.generation != pool.generation or not environment.alive:
            environment.close()
            self.leave(pool)
            return
        environment.idle_since = asyncio.get_running_loop().time()
        pool.idle.append(environment)
        self._serve_waiting()

    def leave(self, pool: Pool) -> None:
        """A place is empty again: its environment ended or never came to be."""
        pool.size -= 1
        self._size -= 1
        self._serve_waiting()

    def renew(self, pool: Pool) -> None:
        """No call that starts from now on meets an environment that exists now."""
        pool.generation += 1
        self._retire(pool, list(pool.idle))

    def retire_idle(self, before: float) -> None:
        """End the environments idle since before that loop time."""
        for pool in self._pools:
            self._retire(pool, [one for one in pool.idle if one.idle_since < before])

    def _retire(self, pool: Pool, environments: list[Environment]) -> None:
        for environment in environments:
            pool.idle.remove(environment)
            environment.close()
            self.leave(pool)

    def _grant(self, pool: Pool) -> tuple[bool, Environment | None]:
        while pool.idle:
            environment = pool.idle.pop()
            if environment.alive:
                return True, environment
            pool.size -= 1
            self._size -= 1
        if pool.size >= pool.limit or (self._size >= self._capacity and not self._evict()):
            return False, None
        pool.size += 1
        self._size += 1
        return True, None

    def _evict(self) -> bool:
        """Make place by ending the environment that has been idle longest."""
        idle = [
            (pool.idle[0].idle_since, index) for index, pool in enumerate(self._pools) if pool.idle
        ]
        if not idle:
            return False
        pool = self._pools[min(idle)[1]]
        pool.idle.pop(0).close()
        pool.size -= 1
        self._size -= 1
        return True

    def _serve_waiting(self) -> None:
        for pool in self._pools:
            while pool.waiting:
                if pool.waiting[0].done():
                    pool.waiting.popleft()
                    continue
                granted, environment = self._grant(pool)
                if not granted:
                    break
                pool.waiting.popleft().set_result(environment)
