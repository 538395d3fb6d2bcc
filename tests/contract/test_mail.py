"""Mails and texts by the adapters that functions use, as moto's SES and SNS take them."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from hub.adapters.aws.mail import SesMailbox, SnsPhoneTexts
from hub.adapters.aws.signed import AwsHttp, Credentials, Endpoint
from hub.adapters.system import SystemClock
from hub.application.ports.notifications import Mail, PhoneText
from hub.domain.kernel import RejectedError, UnavailableError

REGION, SENDER = "us-east-1", "no-reply@hub.example"
MAIL = Mail(
    "01900000-0000-7000-8000-000000000003",
    "ada@example.com",
    "Compra executada: ação",
    "Olá,\n\nAAPL\n",
    "<p>Olá,</p>",
)
TEXT = PhoneText(MAIL.message_id, "+5511987654321", "Hub: Olá & até já")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    ses: Any = boto3.client(
        "sesv2",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    ses.create_email_identity(EmailIdentity=SENDER)
    ses.close()
    yield url
    server.stop()


def http(service: str, url: str) -> AwsHttp:
    keys = Credentials("test", "test", None)
    return AwsHttp(Endpoint(service, REGION, url, ""), lambda: keys, SystemClock())


def kept(url: str, backend: str) -> dict[str, list[Any]]:
    """What moto's backend holds, by the kind of thing."""
    with urllib.request.urlopen(f"{url}/moto-api/data.json") as answer:
        held: dict[str, list[Any]] = json.load(answer)[backend]
    return held


def test_a_mail_is_taken_with_both_its_bodies(moto: str):
    SesMailbox(http("ses", moto), SENDER).send(MAIL)
    (message,) = kept(moto, "ses")["Message"]
    assert message["source"] == SENDER
    assert message["subject"] == MAIL.subject
    assert MAIL.to in str(message["destinations"])
    assert message["body"] in {MAIL.text, MAIL.html}


def test_a_sender_that_ses_does_not_know_is_refused(moto: str):
    with pytest.raises(RejectedError):
        SesMailbox(http("ses", moto), "stranger@else.example").send(MAIL)


def test_a_text_is_taken_by_the_number_alone(moto: str):
    SnsPhoneTexts(http("sns", moto), "Hub").send(TEXT)
    with pytest.raises(RejectedError):
        SnsPhoneTexts(http("sns", moto), "Hub").send(TEXT._replace(to="nobody"))


def test_who_does_not_answer_is_unavailable():
    nowhere = "http://127.0.0.1:9"
    with pytest.raises(UnavailableError):
        SesMailbox(http("ses", nowhere), SENDER).send(MAIL)
    with pytest.raises(UnavailableError):
        SnsPhoneTexts(http("sns", nowhere), "Hub").send(TEXT)
