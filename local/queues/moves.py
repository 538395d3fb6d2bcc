"""Redrive tasks: dead letters go back to work, all at once or at a given rate."""

import asyncio
import base64
import logging
import uuid
from dataclasses import dataclass
from typing import Any

from local.awsapi import ApiError
from local.clock import Clock
from local.queues.errors import SqsError
from local.queues.queues import Queues

_logger = logging.getLogger(__name__)
_CHUNK = 500


@dataclass(slots=True)
class MoveTask:
    handle: str
    source: str
    destination: str | None
    rate: int | None
    started: float
    to_move: int
    moved: int = 0
    status: str = "RUNNING"
    failure: str | None = None
    running: asyncio.Task[None] | None = None


class MoveTasks:
    """Tasks live as long as the process; what they have not moved stays where it is."""

    def __init__(self, queues: Queues, clock: Clock) -> None:
        self._queues = queues
        self._clock = clock
        self._tasks: list[MoveTask] = []

    def start(self, source: str, destination: str | None, rate: int | None) -> str:
        if not self._queues.sources_of(source):
            message = "Source queue must be configured as a Dead Letter Queue."
            raise SqsError("InvalidParameterValue", message)
        if any(task.source == source and task.status == "RUNNING" for task in self._tasks):
            raise SqsError("UnsupportedOperation", "There is already a task running.")
        handle = base64.b64encode(f"{source}/{uuid.uuid4()}".encode()).decode()
        depth = self._queues.depth(source)
        now = self._clock.now().timestamp()
        task = MoveTask(handle, source, destination, rate, now, depth.visible)
        task.running = asyncio.get_running_loop().create_task(self._run(task))
        self._tasks.append(task)
        return handle

    def cancel(self, handle: str) -> int:
        """How many messages it has moved."""
        for task in self._tasks:
            if task.handle == handle and task.status == "RUNNING" and task.running is not None:
                task.status = "CANCELLED"
                task.running.cancel()
                return task.moved
        raise SqsError("ResourceNotFoundException", "Task does not exist or is not running.")

    def of(self, source: str, limit: int) -> list[dict[str, Any]]:
        """The latest tasks of a dead-letter queue, newest first, as AWS lists them."""
        tasks = [task for task in reversed(self._tasks) if task.source == source]
        return [self._entry(task) for task in tasks[:limit]]

    async def _run(self, task: MoveTask) -> None:
        try:
            while task.moved < task.to_move:
                limit = min(task.rate or _CHUNK, task.to_move - task.moved)
                moved = await self._queues.move(task.source, task.destination, limit=limit)
                task.moved += moved
                if moved < limit:
                    break
                await self._clock.sleep(1 if task.rate else 0)
        except ApiError as error:
            task.status, task.failure = "FAILED", error.code
        except Exception:
            _logger.exception("moving the messages of %s failed", task.source)
            task.status, task.failure = "FAILED", "InternalError"
        else:
            task.status = "COMPLETED"

    def _entry(self, task: MoveTask) -> dict[str, Any]:
        entry = {
            "TaskHandle": task.handle if task.status == "RUNNING" else None,
            "Status": task.status,
            "SourceArn": self._queues.arn(task.source),
            "DestinationArn": task.destination and self._queues.arn(task.destination),
            "MaxNumberOfMessagesPerSecond": task.rate,
            "ApproximateNumberOfMessagesMoved": task.moved,
            "ApproximateNumberOfMessagesToMove": task.to_move,
            "FailureReason": task.failure,
            "StartedTimestamp": int(task.started * 1000),
        }
        return {name: value for name, value in entry.items() if value is not None}
