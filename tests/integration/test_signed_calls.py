"""Signed calls to AWS: what botocore signs, byte by byte, over a connection that is kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from hub.adapters.aws.publisher import AwsPublisher
from hub.adapters.aws.signed import (
    AwsError,
    AwsJson,
    Credentials,
    DatabaseLogin,
    Endpoint,
    database_password,
    sign,
)
from hub.application.ports.messages import Message
from hub.domain.kernel import AccountId, UnavailableError
from tests.fixtures.ports import EPOCH, MovedClock

MOMENT = datetime(2026, 11, 5, 7, 8, 9, tzinfo=UTC)
SESSIONS = [None, "a/token+with=signs"]


@pytest.mark.parametrize("token", SESSIONS)
@pytest.mark.parametrize("payload", [b"", b"{}", '{"text": "é ✓"}'.encode()])
def test_a_signature_is_botocore_s(token: str | None, payload: bytes):
    endpoint = Endpoint("sqs", "eu-west-1", "https://sqs.eu-west-1.amazonaws.com", "AmazonSQS")
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "host": "sqs.eu-west-1.amazonaws.com",
        "x-amz-target": "AmazonSQS.SendMessageBatch",
    }
    signed = sign(endpoint, Credentials("AKID", "secret/key", token), MOMENT, headers, payload)
    theirs = AWSRequest("POST", endpoint.url + "/", data=payload, headers=headers)
    with patch("botocore.auth.get_current_datetime", lambda: MOMENT.replace(tzinfo=None)):
        auth = SigV4Auth(BotoCredentials("AKID", "secret/key", token), "sqs", "eu-west-1")
        auth.add_auth(theirs)
    assert signed["authorization"] == theirs.headers["Authorization"]
    assert signed["x-amz-date"] == theirs.headers["X-Amz-Date"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_signature_of_a_path_is_botocore_s(method: str):
    url, path = "https://x.execute-api.eu-west-1.amazonaws.com", "/v1/%40connections/L0SM9cOF%3D"
    endpoint = Endpoint("execute-api", "eu-west-1", url, "")
    headers = {"content-type": "application/json", "host": url.removeprefix("https://")}
    signed = sign(
        endpoint, Credentials("AKID", "key", None), MOMENT, headers, b"{}", method=method, path=path
    )
    theirs = AWSRequest(method, url + path, data=b"{}", headers=headers)
    with patch("botocore.auth.get_current_datetime", lambda: MOMENT.replace(tzinfo=None)):
        SigV4Auth(BotoCredentials("AKID", "key"), "execute-api", "eu-west-1").add_auth(theirs)
    assert signed["authorization"] == theirs.headers["Authorization"]


@pytest.mark.parametrize("token", SESSIONS)
def test_a_database_password_is_botocore_s(token: str | None):
    session = boto3.Session("AKID", "secret/key", token, region_name="eu-west-1")
    theirs = session.client("rds").generate_db_auth_token("db.example.com", 5432, "hub_app")
    (signed_at,) = parse_qs(urlsplit(f"https://{theirs}").query)["X-Amz-Date"]
    moment = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    login = DatabaseLogin("db.example.com", 5432, "hub_app", "eu-west-1")
    ours = database_password(login, Credentials("AKID", "secret/key", token), moment)
    assert _parts(ours) == _parts(theirs)


def _parts(token: str) -> tuple[str, set[str]]:
    """Botocore writes the query's parameters in an order of its own."""
    place, _, query = token.partition("?")
    return place, set(query.split("&"))


class Service:
    """A server that answers each request with the next of `answers`; None closes instead."""

    def __init__(self, answers: list[tuple[int, bytes] | None]) -> None:
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        self.url = ""


@contextmanager
def serving(*answers: tuple[int, bytes] | None) -> Iterator[tuple[AwsJson, Service]]:
    service = Service(list(answers))

    class Speaker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            service.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.requests.append({"headers": dict(self.headers), "body": json.loads(body)})
            answer = service.answers.pop(0)
            if answer is None:
                self.close_connection = True
                return
            status, content = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    endpoint = Endpoint("sqs", "us-east-1", service.url, "AmazonSQS")
    client = AwsJson(endpoint, lambda: Credentials("AKID", "secret", None), MovedClock())
    try:
        yield client, service
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join()


GOOD = (200, b'{"done": true}')


def test_calls_share_one_connection():
    with serving(GOOD, GOOD, GOOD) as (client, service):
        for _ in range(3):
            assert client.call("Do", {"a": 1}) == {"done": True}
        assert (service.connections, len(service.requests)) == (1, 3)
        headers = service.requests[0]["headers"]
        assert headers["x-amz-target"] == "AmazonSQS.Do"
        assert headers["x-amz-date"] == EPOCH.strftime("%Y%m%dT%H%M%SZ")
        assert "Credential=AKID/20260105/us-east-1/sqs/aws4_request" in headers["authorization"]


def test_a_kept_connection_that_the_server_closed_is_replaced():
    with serving(GOOD, None, GOOD) as (client, service):
        client.call("Do", {})
        assert client.call("Do", {}) == {"done": True}
        assert service.connections == 2


def test_a_server_that_closes_a_fresh_connection_too_is_unavailable():
    with serving(GOOD, None, None, GOOD) as (client, _):
        client.call("Do", {})
        with pytest.raises(UnavailableError):
            client.call("Do", {})
        assert client.call("Do", {}) == {"done": True}


def test_nobody_there_is_unavailable():
    endpoint = Endpoint("sqs", "us-east-1", "http://127.0.0.1:1", "AmazonSQS")
    client = AwsJson(endpoint, lambda: Credentials("a", "b", None), MovedClock())
    with pytest.raises(UnavailableError, match="sqs does not answer"):
        client.call("Do", {})


def test_an_error_keeps_its_name_and_message():
    body = json.dumps({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "gone"})
    with serving((400, body.encode())) as (client, _):
        with pytest.raises(AwsError, match="QueueDoesNotExist: gone") as refused:
            client.call("Do", {})
        assert refused.value.kind == "QueueDoesNotExist"


@pytest.mark.parametrize(
    "answer", [(502, b"<html>Bad Gateway</html>"), (503, b""), (200, b"{"), (500, b"[]")]
)
def test_an_answer_that_is_not_the_service_s_is_unavailable(answer: tuple[int, bytes]):
    with serving(answer) as (client, _), pytest.raises(UnavailableError):
        client.call("Do", {})


def message(number: int, destination: str = "orders-submitted") -> Message:
    return Message(str(number), AccountId("a"), destination, '{"type": "T"}')


def test_messages_go_in_batches_of_ten_and_only_those_taken_count():
    first = {"Successful": [{"Id": str(each)} for each in range(10) if each != 3]}
    second = {"Successful": [{"Id": "0"}, {"Id": "1"}]}
    answers = [(200, json.dumps(each).encode()) for each in (first, second)]
    with serving(*answers) as (client, service):
        publisher = AwsPublisher(client, client, {"orders-submitted": "http://queue"}, "bus")
        taken = publisher.publish([message(each) for each in range(12)])
        assert set(taken) == {str(each) for each in range(12)} - {"3"}
        assert [len(each["body"]["Entries"]) for each in service.requests] == [10, 2]
        assert service.requests[0]["body"]["Entries"][0]["MessageGroupId"] == "a"


def test_a_queue_that_fails_keeps_its_messages_and_no_others():
    bus = {"Entries": [{"EventId": "1"}, {"ErrorCode": "InternalFailure"}]}
    with serving((200, json.dumps(bus).encode()), (500, b"<html>")) as (client, _):
        publisher = AwsPublisher(client, client, {"orders-submitted": "http://queue"}, "bus")
        sent = [message(1), message(2, "bus"), message(3, "bus")]
        assert publisher.publish(sent) == ["2"]
