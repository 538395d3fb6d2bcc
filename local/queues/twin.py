"""The SQS API over Queues: requests and answers as the JSON protocol has them."""

import json
from collections.abc import Awaitable, Callable, Sequence

from local.clock import Clock
from local.queues.errors import SqsError, check_range
from local.queues.message import (
    MAX_BYTES,
    Delivery,
    Draft,
    check,
    md5_of_attributes,
    md5_of_body,
    size_of,
)
from local.queues.moves import MoveTasks
from local.queues.queues import Queues
from local.queues.wire import (
    BATCH,
    Body,
    draft_of,
    entries_of,
    failure,
    number,
    optional_number,
    outcome,
    queue_name,
    required,
    selected,
    sent,
)


class SqsTwin:
    """Queues come from the template: calls that make, change or delete one are refused."""

    def __init__(self, queues: Queues, clock: Clock) -> None:
        self._queues = queues
        self._moves = MoveTasks(queues, clock)
        self._actions: dict[str, Callable[[Body], Awaitable[Body]]] = {
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._change_visibility,
            "ChangeMessageVisibilityBatch": self._change_visibility_batch,
            "GetQueueUrl": self._get_url,
            "GetQueueAttributes": self._get_attributes,
            "ListQueues": self._list,
            "ListDeadLetterSourceQueues": self._list_sources,
            "PurgeQueue": self._purge,
            "StartMessageMoveTask": self._start_move,
            "CancelMessageMoveTask": self._cancel_move,
            "ListMessageMoveTasks": self._list_moves,
        }

    async def call(self, action: str, body: Body) -> Body:
        if action not in self._actions:
            raise SqsError("UnsupportedOperation", f"{action} is not available on local queues.")
        return await self._actions[action](body)

    async def _send(self, body: Body) -> Body:
        draft = draft_of(body)
        identity = await self._queues.send(queue_name(body), draft)
        return sent(identity, draft)

    async def _send_batch(self, body: Body) -> Body:
        name, entries = queue_name(body), entries_of(body, "Send")
        drafts: dict[str, Draft] = {}
        failed = []
        for entry in entries:
            try:
                check(draft := draft_of(entry))
            except SqsError as error:
                failed.append(failure(entry["Id"], error))
            else:
                drafts[entry["Id"]] = draft
        if (total := sum(map(size_of, drafts.values()))) > MAX_BYTES:
            text = f"Batch requests cannot be longer than {MAX_BYTES} bytes, you have sent {total}."
            raise SqsError("BatchRequestTooLong", text)
        ids = await self._queues.send_batch(name, list(drafts.values()))
        pairs = zip(drafts.items(), ids, strict=True)
        successful = [{"Id": entry} | sent(identity, draft) for (entry, draft), identity in pairs]
        return {"Successful": successful, "Failed": failed}

    async def _receive(self, body: Body) -> Body:
        limit = number(body, "MaxNumberOfMessages", 1)
        wait = number(body, "WaitTimeSeconds", 0)
        check_range(limit, "MaxNumberOfMessages", 1, BATCH)
        check_range(wait, "WaitTimeSeconds", 0, 20)
        visibility = optional_number(body, "VisibilityTimeout")
        received = await self._queues.receive(
            queue_name(body), limit=limit, visibility=visibility, wait=wait
        )
        if not received:
            return {}
        wanted = [*body.get("AttributeNames", []), *body.get("MessageSystemAttributeNames", [])]
        named = body.get("MessageAttributeNames", [])
        return {"Messages": [self._message(item, wanted, named) for item in received]}

    def _message(self, item: Delivery, wanted: Sequence[str], named: Sequence[str]) -> Body:
        message: Body = {
            "MessageId": item.id,
            "ReceiptHandle": item.receipt,
            "MD5OfBody": md5_of_body(item.draft.body),
            "Body": item.draft.body,
        }
        system = item.system_attributes(self._queues.account)
        if "All" not in wanted:
            system = {name: value for name, value in system.items() if name in wanted}
        if system:
            message["Attributes"] = system
        if attributes := selected(item.draft.attributes, named):
            message["MessageAttributes"] = attributes
            message["MD5OfMessageAttributes"] = md5_of_attributes(attributes)
        return message

    async def _delete(self, body: Body) -> Body:
        await self._queues.delete(queue_name(body), required(body, "ReceiptHandle"))
        return {}

    async def _delete_batch(self, body: Body) -> Body:
        entries = entries_of(body, "Delete")
        receipts = [required(entry, "ReceiptHandle") for entry in entries]
        errors = await self._queues.delete_batch(queue_name(body), receipts)
        return outcome(entries, errors)

    async def _change_visibility(self, body: Body) -> Body:
        seconds = number(body, "VisibilityTimeout", None)
        receipt = required(body, "ReceiptHandle")
        await self._queues.change_visibility(queue_name(body), receipt, seconds)
        return {}

    async def _change_visibility_batch(self, body: Body) -> Body:
        entries = entries_of(body, "ChangeMessageVisibility")
        errors: list[SqsError | None] = []
        for entry in entries:
            try:
                await self._change_visibility({"QueueUrl": body["QueueUrl"], **entry})
            except SqsError as error:
                errors.append(error)
            else:
                errors.append(None)
        return outcome(entries, errors)

    async def _get_url(self, body: Body) -> Body:
        name = required(body, "QueueName")
        self._queues.spec(name)
        return {"QueueUrl": self._queues.url(name)}

    async def _list(self, body: Body) -> Body:
        prefix = body.get("QueueNamePrefix") or ""
        return {
            "QueueUrls": [self._queues.url(n) for n in self._queues.names() if n.startswith(prefix)]
        }

    async def _list_sources(self, body: Body) -> Body:
        return {
            "queueUrls": [self._queues.url(n) for n in self._queues.sources_of(queue_name(body))]
        }

    async def _get_attributes(self, body: Body) -> Body:
        attributes = self._attributes(queue_name(body))
        wanted = body.get("AttributeNames", [])
        if "All" in wanted:
            return {"Attributes": attributes}
        for name in wanted:
            if name not in attributes and name != "RedrivePolicy":
                raise SqsError("InvalidAttributeName", f"Unknown Attribute {name}.")
        return {"Attributes": {name: attributes[name] for name in wanted if name in attributes}}

    def _attributes(self, name: str) -> dict[str, str]:
        spec, depth = self._queues.spec(name), self._queues.depth(name)
        numbers = {
            "ApproximateNumberOfMessages": depth.visible,
            "ApproximateNumberOfMessagesNotVisible": depth.in_flight,
            "ApproximateNumberOfMessagesDelayed": depth.delayed,
            "CreatedTimestamp": self._queues.created_at,
            "LastModifiedTimestamp": self._queues.created_at,
            "DelaySeconds": spec.delay,
            "MaximumMessageSize": MAX_BYTES,
            "MessageRetentionPeriod": spec.retention,
            "ReceiveMessageWaitTimeSeconds": 0,
            "VisibilityTimeout": spec.visibility,
        }
        attributes = {key: str(int(value)) for key, value in numbers.items()}
        attributes["QueueArn"] = self._queues.arn(name)
        attributes["SqsManagedSseEnabled"] = "true"
        if spec.dead_letter is not None:
            target = self._queues.arn(spec.dead_letter)
            policy = {"deadLetterTargetArn": target, "maxReceiveCount": spec.max_receives}
            attributes["RedrivePolicy"] = json.dumps(policy)
        return attributes

    async def _purge(self, body: Body) -> Body:
        await self._queues.purge(queue_name(body))
        return {}

    async def _start_move(self, body: Body) -> Body:
        source = self._queues.by_arn(required(body, "SourceArn"))
        destination = body.get("DestinationArn")
        target = self._queues.by_arn(destination) if destination else None
        rate = optional_number(body, "MaxNumberOfMessagesPerSecond")
        if rate is not None:
            check_range(rate, "MaxNumberOfMessagesPerSecond", 1, 500)
        return {"TaskHandle": self._moves.start(source, target, rate)}

    async def _cancel_move(self, body: Body) -> Body:
        moved = self._moves.cancel(required(body, "TaskHandle"))
        return {"ApproximateNumberOfMessagesMoved": moved}

    async def _list_moves(self, body: Body) -> Body:
        source = self._queues.by_arn(required(body, "SourceArn"))
        limit = number(body, "MaxResults", 1)
        check_range(limit, "MaxResults", 1, 10)
        return {"Results": self._moves.of(source, limit)}
