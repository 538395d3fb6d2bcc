"""The ways to customers outside of the API, each made when it is first needed."""
# ruff: noqa: PLC0415  # adapters are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.ports.identity import Notices
    from hub.application.ports.notifications import CustomersPreferences, Mailbox, PhoneTexts


class Letters(Parts):
    """What sends, and by whose wishes."""

    @cached_property
    def notices(self) -> "Notices":
        from hub.adapters.notices import MailedNotices

        return MailedNotices(self.mailbox, self.ids)

    @cached_property
    def mailbox(self) -> "Mailbox":
        from hub.adapters.aws.mail import SesMailbox
        from hub.adapters.mailboxes import FileMailbox, NoMailbox

        settings = self.settings
        if settings.mail_folder:
            return FileMailbox(settings.mail_folder, self.clock)
        if settings.mail_sender:
            return SesMailbox(self._aws_http("ses", "email"), settings.mail_sender)
        return NoMailbox()

    @cached_property
    def customers_preferences(self) -> "CustomersPreferences":
        from hub.adapters.postgres.notifications import PostgresCustomersPreferences

        return PostgresCustomersPreferences(self.database)

    @cached_property
    def phone_texts(self) -> "PhoneTexts":
        from hub.adapters.aws.mail import SnsPhoneTexts
        from hub.adapters.mailboxes import FilePhoneTexts, NoPhoneTexts

        settings = self.settings
        if settings.mail_folder:
            return FilePhoneTexts(settings.mail_folder)
        if settings.text_sender:
            return SnsPhoneTexts(self._aws_http("sns", "sns"), settings.text_sender)
        return NoPhoneTexts()
