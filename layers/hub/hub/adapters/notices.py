"""Notices of identity, as mails."""

import logging
from dataclasses import dataclass

from hub.application.ports.notifications import Mail, Mailbox
from hub.application.ports.system import Ids
from hub.domain.identity.one_time_tokens import Notice
from hub.domain.kernel import RejectedError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MailedNotices:
    mailbox: Mailbox
    ids: Ids

    def send(self, notice: Notice) -> None:
        """A refused one is gone: who waits for it asks again."""
        try:
            self.mailbox.send(Mail(self.ids.new(), notice.email, notice.subject, notice.text))
        except RejectedError as error:
            logger.warning("a notice was refused: %s", error.detail)
