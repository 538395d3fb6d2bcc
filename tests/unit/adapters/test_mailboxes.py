"""Mails and texts as files: whole, their owner's alone, and one for each message."""

import email.policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from hub.adapters.mailboxes import FileMailbox, FilePhoneTexts, NoMailbox, NoPhoneTexts
from hub.application.ports.notifications import Mail, PhoneText
from hub.domain.kernel import RejectedError, UnavailableError
from tests.fixtures.ports import MovedClock

MAIL = Mail("an-id", "ada@example.com", "Olá: 1 AAPL", "texto até aqui\n", "<p>até</p>")


def read(file: Path) -> EmailMessage:
    message = BytesParser(policy=email.policy.default).parsebytes(file.read_bytes())
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_is_a_file_with_both_its_bodies(tmp_path: Path):
    mailbox = FileMailbox(str(tmp_path / "out"), MovedClock())
    for _ in range(2):
        mailbox.send(MAIL)
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == "an-id.eml"
    assert file.stat().st_mode & 0o077 == file.parent.stat().st_mode & 0o077 == 0
    message = read(file)
    assert (message["To"], message["Subject"]) == (MAIL.to, MAIL.subject)
    assert message["Message-ID"] == "<an-id@hub.invalid>"
    text, html = message.iter_parts()
    assert text.get_content().splitlines() == MAIL.text.splitlines()
    assert html.get_content().strip() == MAIL.html
    assert [part.get_content_type() for part in (text, html)] == ["text/plain", "text/html"]


def test_what_has_no_html_has_one_body(tmp_path: Path):
    FileMailbox(str(tmp_path), MovedClock()).send(MAIL._replace(html=""))
    message = read(tmp_path / "an-id.eml")
    assert message.get_content().splitlines() == MAIL.text.splitlines()


def test_no_line_of_a_mail_begins_another_header(tmp_path: Path):
    with pytest.raises(ValueError, match="linefeed"):
        FileMailbox(str(tmp_path), MovedClock()).send(
            MAIL._replace(subject="a\nBcc: eve@x.example")
        )
    assert list(tmp_path.iterdir()) == []


def test_a_text_is_a_file(tmp_path: Path):
    FilePhoneTexts(str(tmp_path)).send(PhoneText("an-id", "+5511987654321", "Olá"))
    assert (tmp_path / "an-id.sms").read_text() == "+5511987654321\nOlá\n"


def test_where_nothing_can_be_written_nothing_is_sent(tmp_path: Path):
    (tmp_path / "out").write_text("no folder")
    with pytest.raises(UnavailableError):
        FileMailbox(str(tmp_path / "out"), MovedClock()).send(MAIL)


def test_without_a_channel_a_message_is_refused():
    with pytest.raises(RejectedError):
        NoMailbox().send(MAIL)
    with pytest.raises(RejectedError):
        NoPhoneTexts().send(PhoneText("an-id", "+5511987654321", "Olá"))
