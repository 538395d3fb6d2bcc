"""All queues of the application over one file: send, receive, delete, redrive."""

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from local.clock import Clock
from local.journal import Journal, Row
from local.queues.errors import SqsError, check_range, invalid_value, no_such_queue
from local.queues.message import (
    Delivery,
    Draft,
    Message,
    QueueSpec,
    check,
    freeze,
    open_receipt,
    receipt_of,
    state_of,
    thaw,
)
from local.queues.queue import Depth, Queue

MAX_VISIBILITY = 43200
PURGE_EVERY = 60


class Queues:
    """Calls raise ApiError as AWS does. What a call has acknowledged survives `kill -9`.

    Messages of a queue that has no spec (any more) stay in the file, untouched. Those that were in
    flight are visible again once the file is opened: who had received them ended with the process.
    """

    def __init__(
        self,
        specs: Iterable[QueueSpec],
        *,
        file: Path | None,
        clock: Clock,
        region: str = "us-east-1",
        account: str = "000000000000",
        endpoint: str = "http://127.0.0.1:4566",
    ) -> None:
        self.region = region
        self.account = account
        self._endpoint = endpoint
        self._queues = {spec.name: Queue(spec, clock) for spec in specs}
        self._check_specs()
        self._clock = clock
        self.created_at = self.now()
        self._journal = Journal(file)
        self._load()

    def now(self) -> float:
        """Seconds since the epoch, by the clock that the queues follow."""
        return self._clock.now().timestamp()

    def names(self) -> list[str]:
        return sorted(self._queues)

    def spec(self, name: str) -> QueueSpec:
        return self._queue(name).spec

    def arn(self, name: str) -> str:
        return f"arn:aws:sqs:{self.region}:{self.account}:{name}"

    def url(self, name: str) -> str:
        return f"{self._endpoint}/{self.account}/{name}"

    def by_arn(self, arn: str) -> str:
        name = arn.rpartition(":")[2]
        if name not in self._queues or arn != self.arn(name):
            raise SqsError(
                "ResourceNotFoundException", "The resource that you specified doesn't exist."
            )
        return name

    def oldest(self, name: str) -> float:
        """Age in seconds; 0 where there is no message."""
        queue = self._queue(name)
        self._refresh(queue)
        return queue.oldest()

    def depth(self, name: str) -> Depth:
        queue = self._queue(name)
        self._refresh(queue)
        return queue.depth()

    async def send(self, name: str, draft: Draft) -> str:
        """The id of the message."""
        (identity,) = await self.send_batch(name, [draft])
        return identity

    async def send_batch(self, name: str, drafts: Sequence[Draft]) -> list[str]:
        """The ids of the messages: all are sent, or none."""
        queue = self._queue(name)
        for draft in drafts:
            check(draft)
        ids = [self._enqueue(queue, draft) for draft in drafts]
        await self._journal.flush()
        return ids

    async def receive(
        self, name: str, *, limit: int = 1, visibility: float | None = None, wait: float = 0
    ) -> list[Delivery]:
        """Up to `limit` messages; with none visible, waits up to `wait` seconds for one."""
        queue = self._queue(name)
        if visibility is not None:
            check_range(visibility, "VisibilityTimeout", 0, MAX_VISIBILITY)
        hidden_for = queue.spec.visibility if visibility is None else visibility
        deadline = queue.now() + wait
        while not (received := self._take(queue, limit, hidden_for)) and queue.now() < deadline:
            await queue.wait(deadline)
        return received

    async def delete(self, name: str, receipt: str) -> None:
        (error,) = await self.delete_batch(name, [receipt])
        if error is not None:
            raise error

    async def delete_batch(self, name: str, receipts: Sequence[str]) -> list[SqsError | None]:
        """What went wrong with each; as on AWS, a message gone or received again is no error."""
        queue = self._queue(name)
        errors = [self._delete(queue, receipt) for receipt in receipts]
        await self._journal.flush()
        return errors

    async def change_visibility(self, name: str, receipt: str, seconds: float) -> None:
        """Hides a message in flight for so long from now on; 0 shows it at once."""
        queue = self._queue(name)
        check_range(seconds, "VisibilityTimeout", 0, MAX_VISIBILITY)
        identity, receives = open_receipt(name, receipt)
        self._refresh(queue)
        message = queue.messages.get(identity)
        if message is None or message.receives != receives:
            reason = "Message does not exist or is not available for visibility timeout change."
            raise invalid_value(receipt, "ReceiptHandle", reason)
        if message.place != "in_flight":
            raise SqsError("MessageNotInflight", "The specified message isn't in flight.")
        queue.hide(message, queue.now() + seconds)
        self._journal.change(message.seq, state_of(name, message))
        await self._journal.flush()

    async def purge(self, name: str) -> None:
        queue = self._queue(name)
        now = queue.now()
        if queue.purged_at is not None and now - queue.purged_at < PURGE_EVERY:
            message = f"Only one PurgeQueue operation on {name} is allowed every 60 seconds."
            raise SqsError("PurgeQueueInProgress", message)
        queue.purged_at = now
        for purged in list(queue.messages.values()):
            self._discard(queue, purged)
        await self._journal.flush()

    def sources_of(self, name: str) -> list[str]:
        """The queues whose dead-letter queue this is."""
        return [other for other in self.names() if self.spec(other).dead_letter == name]

    async def move(self, source: str, destination: str | None, *, limit: int) -> int:
        """Redrives up to `limit` visible messages as new ones, by default to where they died."""
        queue = self._queue(source)
        self._refresh(queue)
        moved = 0
        while moved < limit and (message := queue.take()) is not None:
            target = destination or self._origin(queue, message)
            self._enqueue(self._queue(target), message.draft._replace(delay=0))
            self._discard(queue, message)
            moved += 1
        await self._journal.flush()
        return moved

    def close(self) -> None:
        for queue in self._queues.values():
            queue.close()
        self._journal.close()

    def _queue(self, name: str) -> Queue:
        queue = self._queues.get(name)
        if queue is None:
            raise no_such_queue()
        return queue

    def _check_specs(self) -> None:
        for name, queue in self._queues.items():
            spec = queue.spec
            if name.endswith(".fifo"):
                raise ValueError(f"{name}: FIFO queues are not supported")
            if (spec.dead_letter is None) != (spec.max_receives is None):
                raise ValueError(f"{name}: a dead-letter queue and max_receives go together")
            if spec.dead_letter is not None and spec.dead_letter not in self._queues:
                raise ValueError(f"{name}: its dead-letter queue {spec.dead_letter} does not exist")

    def _load(self) -> None:
        for row in self._journal.rows():
            name, message = thaw(*row)
            if name in self._queues:
                if message.receives:
                    message.visible_at = min(message.visible_at, self.now())
                self._queues[name].put(message)

    def _enqueue(self, queue: Queue, draft: Draft) -> str:
        now = queue.now()
        delay = queue.spec.delay if draft.delay is None else draft.delay
        message = Message(self._journal.next_seq(), str(uuid.uuid4()), draft, now, now + delay)
        queue.put(message)
        self._journal.put(Row(message.seq, freeze(message), state_of(queue.spec.name, message)))
        return message.id

    def _refresh(self, queue: Queue) -> None:
        for expired in queue.refresh():
            self._journal.drop(expired.seq)

    def _discard(self, queue: Queue, message: Message) -> None:
        queue.discard(message)
        self._journal.drop(message.seq)

    def _delete(self, queue: Queue, receipt: str) -> SqsError | None:
        try:
            identity, receives = open_receipt(queue.spec.name, receipt)
        except SqsError as error:
            return error
        message = queue.messages.get(identity)
        if message is not None and message.receives == receives:
            self._discard(queue, message)
        return None

    def _take(self, queue: Queue, limit: int, hidden_for: float) -> list[Delivery]:
        self._refresh(queue)
        taken: list[Message] = []
        most = queue.spec.max_receives
        while len(taken) < limit and (message := queue.take()) is not None:
            if most is not None and message.receives >= most:
                self._bury(queue, message)
            else:
                taken.append(message)
        # Only now, or a visibility of 0 would bring a message twice.
        return [self._hand_out(queue, message, hidden_for) for message in taken]

    def _hand_out(self, queue: Queue, message: Message, hidden_for: float) -> Delivery:
        now = queue.now()
        message.receives += 1
        message.first_received = message.first_received or now
        queue.hide(message, now + hidden_for)
        name = queue.spec.name
        self._journal.change(message.seq, state_of(name, message))
        return Delivery(
            receipt_of(name, message),
            message.id,
            message.draft,
            message.sent,
            message.first_received,
            message.receives,
            message.source,
        )

    def _bury(self, queue: Queue, message: Message) -> None:
        """Into the dead-letter queue: the same message, with its id and its time of sending."""
        assert queue.spec.dead_letter is not None
        queue.discard(message)
        grave = self._queue(queue.spec.dead_letter)
        message.source = self.arn(queue.spec.name)
        message.receives, message.first_received = 0, None
        message.visible_at = queue.now()
        grave.put(message)
        self._journal.change(message.seq, state_of(grave.spec.name, message))

    def _origin(self, queue: Queue, message: Message) -> str:
        """Where a dead letter came from; without a source it stays and the move fails."""
        if message.source is None:
            queue.hide(message, 0)
            raise SqsError("CouldNotDetermineMessageSource", "The message has no source queue.")
        return self.by_arn(message.source)
