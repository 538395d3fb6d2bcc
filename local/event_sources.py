"""Lambda's event source mapping for queues: polls, batches, invokes, deletes what succeeded."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from local.queues.message import Attributes, Delivery, md5_of_body, size_of
from local.queues.queues import Queues

# Raises when the function failed; otherwise the function's parsed answer.
Invoke = Callable[[dict[str, Any]], Awaitable[Any]]

_logger = logging.getLogger(__name__)
_LONG_POLL = 20
# Below Lambda's payload limit of 6 MB by what the bodies grow when they are quoted.
_MAX_EVENT_BYTES = 5 * 1024 * 1024
_RECORD_BYTES = 900


class FunctionFailedError(Exception):
    """The function answered with an error: expected, so logged without a traceback."""


class _MalformedAnswerError(Exception):
    """The answer does not say which messages failed: all of them did."""


class EventSource:
    """One mapping of one queue to one function. `run` until `stop`, which waits for what runs.

    Messages of a failed batch are not touched: they come back when their visibility ends.
    """

    def __init__(
        self,
        queues: Queues,
        queue_name: str,
        invoke: Invoke,
        *,
        batch_size: int = 10,
        window: float = 0,
        max_concurrency: int = 5,
        report_failures: bool = False,
        filter_criteria: object = None,
    ) -> None:
        if filter_criteria:
            raise ValueError(f"{queue_name}: filter criteria are not supported")
        if not 1 <= batch_size <= 10_000 or not 0 <= window <= 300:
            raise ValueError(f"{queue_name}: a batch has 1 to 10000 messages within 300 seconds")
        if batch_size > 10 and window < 1:
            raise ValueError(f"{queue_name}: a batch of more than 10 needs a window of 1 s or more")
        self._queues = queues
        self._name = queue_name
        self._invoke = invoke
        self._batch_size = batch_size
        self._window = window
        self._report_failures = report_failures
        self._slots = asyncio.Semaphore(max_concurrency)
        self._invocations: set[asyncio.Task[None]] = set()
        self._poller: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Polls until stopped. An error of the queue itself ends it and is raised."""
        self._poller = asyncio.get_running_loop().create_task(self._poll())
        try:
            await asyncio.wait({self._poller})
        except asyncio.CancelledError:
            await self.stop()
            raise
        if not self._poller.cancelled():
            self._poller.result()

    async def stop(self) -> None:
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait({self._poller})
        if self._invocations:
            await asyncio.wait(self._invocations)

    async def _poll(self) -> None:
        while True:
            await self._slots.acquire()
            # From here on the slot is the invocation's to release, or ours if there is none.
            try:
                batch = await self._gather()
            except BaseException:
                self._slots.release()
                raise
            self._start(batch)

    def _start(self, batch: list[Delivery]) -> None:
        task = asyncio.get_running_loop().create_task(self._process(batch))
        self._invocations.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._invocations.discard(task)
        self._slots.release()

    async def _gather(self) -> list[Delivery]:
        """A batch: what is there, or all that comes within the window after the first message."""
        batch: list[Delivery] = []
        while not batch:
            batch = await self._receive(self._batch_size, _LONG_POLL)
        try:
            await self._fill(batch)
        except asyncio.CancelledError:
            for item in batch:
                await self._queues.change_visibility(self._name, item.receipt, 0)
            raise
        return batch

    async def _fill(self, batch: list[Delivery]) -> None:
        until = self._queues.now() + self._window
        while len(batch) < self._batch_size and (left := until - self._queues.now()) > 0:
            batch += await self._receive(self._batch_size - len(batch), left)

    async def _receive(self, limit: int, wait: float) -> list[Delivery]:
        return await self._queues.receive(self._name, limit=limit, wait=wait)

    async def _process(self, batch: list[Delivery]) -> None:
        for part in _parts(batch):
            try:
                await self._invoke_with(part)
            except (FunctionFailedError, _MalformedAnswerError) as error:
                _logger.warning("%s: a batch of %d failed: %s", self._name, len(part), error)
            except Exception:
                _logger.exception("%s: a batch of %d failed", self._name, len(part))

    async def _invoke_with(self, batch: Sequence[Delivery]) -> None:
        answer = await self._invoke({"Records": [self._record(item) for item in batch]})
        failed = failed_ids(answer, {item.id for item in batch}) if self._report_failures else set()
        done = [item.receipt for item in batch if item.id not in failed]
        if done:
            await self._queues.delete_batch(self._name, done)

    def _record(self, item: Delivery) -> dict[str, Any]:
        return {
            "messageId": item.id,
            "receiptHandle": item.receipt,
            "body": item.draft.body,
            "attributes": item.system_attributes(self._queues.account),
            "messageAttributes": _message_attributes(item.draft.attributes),
            "md5OfBody": md5_of_body(item.draft.body),
            "eventSource": "aws:sqs",
            "eventSourceARN": self._queues.arn(self._name),
            "awsRegion": self._queues.region,
        }


def failed_ids(answer: Any, sent: set[str]) -> set[str]:
    """Which messages an answer with ReportBatchItemFailures gives back."""
    if answer is None:
        return set()
    if not isinstance(answer, dict):
        raise _MalformedAnswerError("the answer is no JSON object")
    failures = answer.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        raise _MalformedAnswerError("batchItemFailures is no list")
    failed = set()
    for failure in failures:
        identity = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(identity, str) or identity not in sent:
            raise _MalformedAnswerError(f"{identity!r} is not the id of a message of the batch")
        failed.add(identity)
    return failed


def _parts(batch: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """The batch in pieces that fit into one invocation."""
    part: list[Delivery] = []
    size = 0
    for item in batch:
        added = size_of(item.draft) + _RECORD_BYTES
        if part and size + added > _MAX_EVENT_BYTES:
            yield part
            part, size = [], 0
        part.append(item)
        size += added
    yield part


def _message_attributes(attributes: Attributes) -> dict[str, dict[str, Any]]:
    records: dict[str, dict[str, Any]] = {}
    for name, attribute in attributes.items():
        kind = "binaryValue" if "BinaryValue" in attribute else "stringValue"
        records[name] = {
            kind: attribute[kind[0].upper() + kind[1:]],
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": attribute["DataType"],
        }
    return records
