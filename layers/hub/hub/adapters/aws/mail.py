"""Mails by SES, texts by SNS. Neither knows a message that comes a second time."""

import json
from http import HTTPStatus
from urllib.parse import urlencode

from hub.adapters.aws.signed import AwsHttp
from hub.application.ports.notifications import Mail, PhoneText
from hub.domain.kernel import RejectedError, UnavailableError

_SNS_VERSION = "2010-03-31"
# By which what was sent twice can be known as one: SES gives each mail a Message-ID of its own.
_ID_HEADER = "X-Hub-Notification"


class SesMailbox:
    """`sender` is an address, or a name and an address, that SES may send from."""

    def __init__(self, ses: AwsHttp, sender: str) -> None:
        self._ses = ses
        self._sender = sender

    def send(self, mail: Mail) -> None:
        body = {"Text": _content(mail.text)}
        if mail.html:
            body["Html"] = _content(mail.html)
        asked = {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {
                "Simple": {
                    "Subject": _content(mail.subject),
                    "Body": body,
                    "Headers": [{"Name": _ID_HEADER, "Value": mail.message_id}],
                }
            },
        }
        status, _ = self._ses.send(
            "POST",
            "/v2/email/outbound-emails",
            json.dumps(asked).encode(),
            {"content-type": "application/json"},
        )
        _expect_taken("ses", status)


class SnsPhoneTexts:
    """`sender` is the name that phones show, where the country allows one."""

    def __init__(self, sns: AwsHttp, sender: str) -> None:
        self._sns = sns
        self._sender = sender

    def send(self, text: PhoneText) -> None:
        attributes = {"SenderID": self._sender, "SMSType": "Transactional"}
        asked = {
            "Action": "Publish",
            "Version": _SNS_VERSION,
            "PhoneNumber": text.to,
            "Message": text.text,
        }
        for number, (name, value) in enumerate(attributes.items(), 1):
            entry = f"MessageAttributes.entry.{number}"
            asked[f"{entry}.Name"] = f"AWS.SNS.SMS.{name}"
            asked[f"{entry}.Value.DataType"] = "String"
            asked[f"{entry}.Value.StringValue"] = value
        status, _ = self._sns.send(
            "POST",
            "/",
            urlencode(asked).encode(),
            {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        )
        _expect_taken("sns", status)


def _content(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _expect_taken(service: str, status: int) -> None:
    """400 speaks of this message, as of an address that takes no more; the rest of the service."""
    if status == HTTPStatus.BAD_REQUEST:
        raise RejectedError(f"{service} refused a message", code="message_refused")
    if status != HTTPStatus.OK:
        raise UnavailableError(f"{service} answered {status}", code="aws")
