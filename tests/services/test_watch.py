"""What ends by itself is started again, ever more slowly."""

import asyncio
import logging
import threading
import time
from itertools import pairwise

import pytest

from local.services import watch as module
from local.services.errors import StartError
from local.services.watch import watch

EVERY = 0.01


class Flaky:
    """A server that ends again at once, or does not start."""

    def __init__(self, *, stays: bool = False, refuses: bool = False) -> None:
        self.running = False
        self.restarts: list[float] = []
        self._stays = stays
        self._refuses = refuses

    def restart(self) -> None:
        self.restarts.append(time.monotonic())
        if self._refuses:
            raise StartError("it does not start", "nothing helps")
        self.running = self._stays


async def watched(server: Flaky, seconds: float) -> None:
    task = asyncio.ensure_future(watch(server, every=EVERY))
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.wait({task})


async def test_what_ended_is_started_once():
    server = Flaky(stays=True)

    await watched(server, 0.2)

    assert len(server.restarts) == 1
    assert server.running


async def test_what_keeps_ending_is_started_ever_more_slowly(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_LONGEST_PAUSE", 0.16)
    server = Flaky()

    await watched(server, 0.8)

    pauses = [later - earlier for earlier, later in pairwise(server.restarts)]
    assert len(pauses) >= 4
    assert pauses[3] > 2 * pauses[0]
    assert max(pauses) < 0.4


async def test_what_does_not_start_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture):
    server = Flaky(refuses=True)

    with caplog.at_level(logging.WARNING):
        await watched(server, 0.2)

    assert len(server.restarts) >= 2
    assert "it does not start" in caplog.text


async def test_a_restart_under_way_is_finished_before_the_watch_ends():
    begun, finished = threading.Event(), []

    class Slow(Flaky):
        def restart(self) -> None:
            begun.set()
            time.sleep(0.2)
            finished.append(True)

    task = asyncio.ensure_future(watch(Slow(), every=EVERY))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.wait({task})

    assert finished == [True]
