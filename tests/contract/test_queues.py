"""SQS as plain boto3 sees it: the local twin and moto answer alike."""

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.queues.message import QueueSpec
from tests.contract.aws_worlds import WORLDS, Wiring, World, local_world

WIRING = Wiring(
    [
        QueueSpec("orders", visibility=1, dead_letter="orders-dlq", max_receives=2),
        QueueSpec("orders-dlq"),
        QueueSpec("plain"),
        QueueSpec("late", delay=1),
    ]
)


@pytest.fixture(params=WORLDS, ids=["local", "moto"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with request.param(WIRING, tmp_path) as made:
        yield made


@pytest.fixture
def local(tmp_path: Path) -> Iterator[World]:
    with local_world(WIRING, tmp_path) as made:
        yield made


def code(failure: pytest.ExceptionInfo[ClientError]) -> str:
    return str(failure.value.response["Error"]["Code"])


def count(world: World, name: str, attribute: str = "ApproximateNumberOfMessages") -> int:
    answer = world.sqs.get_queue_attributes(QueueUrl=world.url(name), AttributeNames=["All"])
    return int(answer["Attributes"][attribute])


def test_a_message_is_received_as_it_was_sent(world: World) -> None:
    url = world.url("plain")
    attributes = {
        "kind": {"DataType": "String", "StringValue": "limit"},
        "size": {"DataType": "Number", "StringValue": "12.5"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    sent = world.sqs.send_message(
        QueueUrl=url, MessageBody="é € order", MessageAttributes=attributes, MessageGroupId="acct-1"
    )
    (got,) = world.sqs.receive_message(
        QueueUrl=url, MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]
    assert got["MessageId"] == sent["MessageId"]
    assert got["Body"] == "é € order"
    assert got["MD5OfBody"] == hashlib.md5("é € order".encode()).hexdigest()
    assert got["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert got["MessageAttributes"] == attributes
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"
    assert got["Attributes"]["MessageGroupId"] == "acct-1"
    assert abs(int(got["Attributes"]["SentTimestamp"]) - time.time() * 1000) < 5000


def test_the_md5_of_attributes_is_the_one_that_sdks_compute(world: World) -> None:
    def part(text: str) -> bytes:
        return len(text).to_bytes(4, "big") + text.encode()

    parts = part("a") + part("String") + b"\x01" + part("x")
    parts += part("b") + part("Number") + b"\x01" + part("7")
    sent = world.sqs.send_message(
        QueueUrl=world.url("plain"),
        MessageBody="m",
        MessageAttributes={
            "b": {"DataType": "Number", "StringValue": "7"},
            "a": {"DataType": "String", "StringValue": "x"},
        },
    )
    assert sent["MD5OfMessageAttributes"] == hashlib.md5(parts).hexdigest()


def test_only_the_attributes_asked_for_are_returned(world: World) -> None:
    url = world.url("plain")
    text = {"DataType": "String", "StringValue": "x"}
    world.sqs.send_message(
        QueueUrl=url, MessageBody="m", MessageAttributes={"order.id": text, "other": text}
    )
    (got,) = world.sqs.receive_message(
        QueueUrl=url, AttributeNames=["SentTimestamp"], MessageAttributeNames=["order.*"]
    )["Messages"]
    assert set(got["Attributes"]) == {"SentTimestamp"}
    assert set(got["MessageAttributes"]) == {"order.id"}


def test_a_message_not_deleted_comes_back_after_its_visibility(world: World) -> None:
    url = world.url("orders")
    world.sqs.send_message(QueueUrl=url, MessageBody="m")
    assert world.bodies("orders") == ["m"]
    assert world.bodies("orders") == []
    assert count(world, "orders", "ApproximateNumberOfMessagesNotVisible") == 1
    time.sleep(1.1)
    assert world.bodies("orders") == ["m"]


def test_a_deleted_message_does_not_come_back(world: World) -> None:
    url = world.url("orders")
    world.sqs.send_message(QueueUrl=url, MessageBody="m")
    (got,) = world.sqs.receive_message(QueueUrl=url, VisibilityTimeout=1)["Messages"]
    world.sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    world.sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    time.sleep(1.1)
    assert world.bodies("orders") == []


def test_a_message_received_too_often_goes_to_the_dead_letter_queue(world: World) -> None:
    url = world.url("orders")
    sent = world.sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        assert world.bodies("orders", VisibilityTimeout=0) == ["poison"]
    assert world.bodies("orders") == []
    (dead,) = world.sqs.receive_message(QueueUrl=world.url("orders-dlq"))["Messages"]
    assert (dead["Body"], dead["MessageId"]) == ("poison", sent["MessageId"])


def test_a_delayed_message_is_hidden_first(world: World) -> None:
    world.sqs.send_message(QueueUrl=world.url("late"), MessageBody="by queue")
    world.sqs.send_message(QueueUrl=world.url("plain"), MessageBody="by call", DelaySeconds=1)
    world.sqs.send_message(QueueUrl=world.url("late"), MessageBody="now", DelaySeconds=0)
    assert world.bodies("late") == ["now"]
    assert world.bodies("plain") == []
    assert count(world, "plain", "ApproximateNumberOfMessagesDelayed") == 1
    time.sleep(1.1)
    assert world.bodies("late") == ["by queue"]
    assert world.bodies("plain") == ["by call"]


def test_a_long_poll_returns_when_a_message_comes(world: World) -> None:
    url = world.url("plain")
    send = threading.Timer(0.3, world.sqs.send_message, (), {"QueueUrl": url, "MessageBody": "m"})
    send.start()
    began = time.monotonic()
    assert world.bodies("plain", WaitTimeSeconds=5) == ["m"]
    assert 0.2 < time.monotonic() - began < 3
    send.join()


def test_a_long_poll_ends_empty_after_its_time(world: World) -> None:
    began = time.monotonic()
    assert world.bodies("plain", WaitTimeSeconds=1) == []
    assert 0.9 < time.monotonic() - began < 3


def test_a_batch_tells_which_entries_failed(world: World) -> None:
    url = world.url("plain")
    good = [{"Id": f"e{n}", "MessageBody": f"m{n}"} for n in range(3)]
    sent = world.sqs.send_message_batch(QueueUrl=url, Entries=good)
    assert [entry["Id"] for entry in sent["Successful"]] == ["e0", "e1", "e2"]
    received = world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    entries = [{"Id": m["Body"], "ReceiptHandle": m["ReceiptHandle"]} for m in received]
    entries.append({"Id": "bad", "ReceiptHandle": "nonsense"})
    answer = world.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert sorted(entry["Id"] for entry in answer["Successful"]) == ["m0", "m1", "m2"]
    (failed,) = answer["Failed"]
    assert (failed["Id"], failed["Code"]) == ("bad", "ReceiptHandleIsInvalid")


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([str(n) for n in range(11)], "TooManyEntriesInBatchRequest"),
        (["a", "a"], "BatchEntryIdsNotDistinct"),
        (["not/valid"], "InvalidBatchEntryId"),
        ([], "EmptyBatchRequest"),
    ],
)
def test_a_batch_that_breaks_a_rule_is_refused_whole(
    world: World, ids: list[str], expected: str
) -> None:
    entries = [{"Id": identity, "MessageBody": "m"} for identity in ids]
    with pytest.raises(ClientError) as failure:
        world.sqs.send_message_batch(QueueUrl=world.url("plain"), Entries=entries)
    assert code(failure).endswith(expected)
    assert world.bodies("plain") == []


def test_a_batch_over_one_mebibyte_is_refused(world: World) -> None:
    entries = [{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)]
    with pytest.raises(ClientError) as failure:
        world.sqs.send_message_batch(QueueUrl=world.url("plain"), Entries=entries)
    assert code(failure).endswith("BatchRequestTooLong")


def test_an_unknown_queue_has_the_name_of_its_error_that_boto3_knows(world: World) -> None:
    with pytest.raises(world.sqs.exceptions.QueueDoesNotExist) as failure:
        world.sqs.get_queue_url(QueueName="absent")
    assert code(failure) == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_receipt_that_is_none_is_refused(world: World) -> None:
    with pytest.raises(world.sqs.exceptions.ReceiptHandleIsInvalid):
        world.sqs.delete_message(QueueUrl=world.url("plain"), ReceiptHandle="nonsense")


@pytest.mark.parametrize(
    "options",
    [{"MaxNumberOfMessages": 11}, {"WaitTimeSeconds": 21}, {"VisibilityTimeout": 43201}],
)
def test_numbers_out_of_range_are_refused(world: World, options: dict[str, int]) -> None:
    with pytest.raises(ClientError) as failure:
        world.sqs.receive_message(QueueUrl=world.url("plain"), **options)
    assert code(failure) == "InvalidParameterValue"


def test_an_empty_body_is_refused_which_moto_takes(local: World) -> None:
    with pytest.raises(ClientError) as failure:
        local.sqs.send_message(QueueUrl=local.url("plain"), MessageBody="")
    assert code(failure) == "MissingParameter"


def test_visibility_can_be_ended_and_extended(world: World) -> None:
    url = world.url("orders")
    world.sqs.send_message(QueueUrl=url, MessageBody="m")
    (got,) = world.sqs.receive_message(QueueUrl=url)["Messages"]
    handle = got["ReceiptHandle"]
    world.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=30)
    time.sleep(1.1)
    assert world.bodies("orders") == []
    answer = world.sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": handle, "VisibilityTimeout": 0}]
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["1"]
    assert world.bodies("orders") == ["m"]


def test_a_purge_empties_the_queue(world: World) -> None:
    url = world.url("plain")
    for n in range(3):
        world.sqs.send_message(QueueUrl=url, MessageBody=str(n))
    assert count(world, "plain") == 3
    world.sqs.purge_queue(QueueUrl=url)
    assert count(world, "plain") == 0


def test_queues_tell_their_settings(world: World) -> None:
    answer = world.sqs.get_queue_attributes(QueueUrl=world.url("orders"), AttributeNames=["All"])
    attributes = answer["Attributes"]
    assert attributes["VisibilityTimeout"] == "1"
    assert attributes["MessageRetentionPeriod"] == "345600"
    assert attributes["QueueArn"].endswith(":orders")
    assert '"maxReceiveCount": 2' in attributes["RedrivePolicy"]
    listed = world.sqs.list_queues(QueueNamePrefix="orders")["QueueUrls"]
    assert sorted(url.rpartition("/")[2] for url in listed) == ["orders", "orders-dlq"]
    sources = world.sqs.list_dead_letter_source_queues(QueueUrl=world.url("orders-dlq"))
    assert [url.rpartition("/")[2] for url in sources["queueUrls"]] == ["orders"]


def test_dead_letters_are_moved_back_as_new_messages_which_moto_cannot(local: World) -> None:
    url = local.url("orders")
    sent = local.sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        local.bodies("orders", VisibilityTimeout=0)
    assert local.bodies("orders") == []
    arn = "arn:aws:sqs:us-east-1:000000000000:orders-dlq"
    handle = local.sqs.start_message_move_task(SourceArn=arn)["TaskHandle"]
    (back,) = local.sqs.receive_message(
        QueueUrl=url, WaitTimeSeconds=5, MessageSystemAttributeNames=["All"]
    )["Messages"]
    assert handle
    assert back["MessageId"] != sent["MessageId"]
    assert back["Attributes"]["ApproximateReceiveCount"] == "1"
    (task,) = local.sqs.list_message_move_tasks(SourceArn=arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    with pytest.raises(local.sqs.exceptions.ResourceNotFoundException):
        local.sqs.cancel_message_move_task(TaskHandle=handle)


def test_only_a_dead_letter_queue_can_be_moved_back_which_moto_cannot(local: World) -> None:
    with pytest.raises(ClientError) as failure:
        local.sqs.start_message_move_task(SourceArn="arn:aws:sqs:us-east-1:000000000000:plain")
    assert code(failure) == "InvalidParameterValue"


def test_a_dead_letter_names_its_source_which_moto_omits(local: World) -> None:
    local.sqs.send_message(QueueUrl=local.url("orders"), MessageBody="poison")
    for _ in range(3):
        local.bodies("orders", VisibilityTimeout=0)
    (dead,) = local.sqs.receive_message(
        QueueUrl=local.url("orders-dlq"), MessageSystemAttributeNames=["All"]
    )["Messages"]
    source = dead["Attributes"]["DeadLetterQueueSourceArn"]
    assert source == "arn:aws:sqs:us-east-1:000000000000:orders"


def test_a_second_purge_within_a_minute_is_refused_which_moto_allows(local: World) -> None:
    local.sqs.purge_queue(QueueUrl=local.url("plain"))
    with pytest.raises(local.sqs.exceptions.PurgeQueueInProgress):
        local.sqs.purge_queue(QueueUrl=local.url("plain"))


def test_one_bad_entry_does_not_fail_its_batch_as_it_does_in_moto(local: World) -> None:
    entries = [{"Id": "good", "MessageBody": "m"}, {"Id": "bad", "MessageBody": "\x00"}]
    answer = local.sqs.send_message_batch(QueueUrl=local.url("plain"), Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    (failed,) = answer["Failed"]
    assert (failed["Id"], failed["Code"]) == ("bad", "InvalidMessageContents")
    assert failed["SenderFault"] is True


def test_a_noisy_group_does_not_starve_another_as_it_does_in_moto(local: World) -> None:
    url = local.url("plain")
    for n in range(50):
        local.sqs.send_message(QueueUrl=url, MessageBody=f"noisy {n}", MessageGroupId="noisy")
    local.sqs.send_message(QueueUrl=url, MessageBody="quiet", MessageGroupId="quiet")
    assert "quiet" in local.bodies("plain")


def test_the_visibility_of_a_visible_message_cannot_be_changed_as_aws_but_not_moto_names_it(
    local: World,
) -> None:
    url = local.url("plain")
    local.sqs.send_message(QueueUrl=url, MessageBody="m")
    (got,) = local.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    with pytest.raises(local.sqs.exceptions.MessageNotInflight):
        local.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=5
        )


def test_a_caller_that_hangs_up_takes_no_message_with_it_where_moto_has_no_connection(
    local: World, tmp_path: Path
) -> None:
    import http.client
    from urllib.parse import urlsplit

    url = local.url("plain")
    host = urlsplit(local.sqs.meta.endpoint_url).netloc
    caller = http.client.HTTPConnection(host)
    headers = {
        "X-Amz-Target": "AmazonSQS.ReceiveMessage",
        "Content-Type": "application/x-amz-json-1.0",
    }
    caller.request("POST", "/", f'{{"QueueUrl": "{url}", "WaitTimeSeconds": 20}}', headers)
    time.sleep(0.1)
    caller.close()
    time.sleep(0.1)
    local.sqs.send_message(QueueUrl=url, MessageBody="m")
    assert local.bodies("plain") == ["m"]
