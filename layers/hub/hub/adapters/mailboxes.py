"""Mails and texts as files: what a customer of one machine is sent lies in a folder."""

import os
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from hub.application.ports.notifications import Mail, PhoneText
from hub.application.ports.system import Clock
from hub.domain.kernel import RejectedError, UnavailableError

_SENDER = "Hub <no-reply@hub.invalid>"
_DOMAIN = "hub.invalid"


class FileMailbox:
    """A file `<message id>.eml` per mail, its owner's alone: one sent again takes its own place."""

    def __init__(self, folder: str, clock: Clock) -> None:
        self._folder = Path(folder)
        self._clock = clock

    def send(self, mail: Mail) -> None:
        message = EmailMessage(policy=SMTP)
        message["From"] = _SENDER
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = self._clock.now()
        message["Message-ID"] = f"<{mail.message_id}@{_DOMAIN}>"
        message.set_content(mail.text)
        if mail.html:
            message.add_alternative(mail.html, subtype="html")
        _write(self._folder, f"{mail.message_id}.eml", message.as_bytes())


class FilePhoneTexts:
    """A file `<message id>.sms` per text: the number, and what is told."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def send(self, text: PhoneText) -> None:
        _write(self._folder, f"{text.message_id}.sms", f"{text.to}\n{text.text}\n".encode())


class NoMailbox:
    """Where nobody has said how mails are sent."""

    def send(self, _mail: Mail) -> None:
        raise RejectedError("there is no way to send mails", code="no_channel")


class NoPhoneTexts:
    """Where nobody has said how texts are sent."""

    def send(self, _text: PhoneText) -> None:
        raise RejectedError("there is no way to send texts", code="no_channel")


def _write(folder: Path, name: str, content: bytes) -> None:
    """Whole or not at all."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = folder / f".{name}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
        unfinished.replace(folder / name)
    except OSError as error:
        raise UnavailableError("the message could not be written", code="mailbox") from error
