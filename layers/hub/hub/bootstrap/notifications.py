"""The ways to customers outside of the API, and the use cases of notifications, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.notifications.delivering import Delivering
    from hub.application.notifications.get_notification_preferences import (
        GetNotificationPreferences,
    )
    from hub.application.notifications.notify_customers import NotifyCustomers
    from hub.application.notifications.replace_notification_preferences import (
        ReplaceNotificationPreferences,
    )
    from hub.application.notifications.send_notifications import SendNotifications
    from hub.application.ports.identity import Notices
    from hub.application.ports.notifications import (
        CustomersPreferences,
        Mailbox,
        Notifications,
        PhoneTexts,
    )


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

        return PostgresCustomersPreferences(self.database, self.vault)

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


class NotificationUseCases(Letters):
    """See the use cases of the same names."""

    @cached_property
    def notifications(self) -> "Notifications":
        from hub.adapters.postgres.notifications import PostgresNotifications

        return PostgresNotifications(self.database)

    @cached_property
    def delivering(self) -> "Delivering":
        from hub.application.notifications.delivering import Delivering, Ways

        return Delivering(
            self.notifications,
            self.customers_preferences,
            self.customers,
            Ways(self.mailbox, self.phone_texts),
            self.clock,
        )

    @cached_property
    def notify_customers(self) -> "NotifyCustomers":
        from hub.application.notifications.notify_customers import NotifyCustomers

        return NotifyCustomers(self.notifications, self.delivering, self.clock, self.ids)

    @cached_property
    def send_notifications(self) -> "SendNotifications":
        from hub.application.notifications.send_notifications import SendNotifications

        return SendNotifications(self.notifications, self.delivering, self.clock)

    @cached_property
    def get_notification_preferences(self) -> "GetNotificationPreferences":
        from hub.application.notifications.get_notification_preferences import (
            GetNotificationPreferences,
        )

        return GetNotificationPreferences(self.customers_preferences)

    @cached_property
    def replace_notification_preferences(self) -> "ReplaceNotificationPreferences":
        from hub.application.notifications.replace_notification_preferences import (
            ReplaceNotificationPreferences,
        )

        return ReplaceNotificationPreferences(self.customers_preferences, self.clock)
