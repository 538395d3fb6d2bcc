"""How what is due leaves: claimed, sent, and only then noted as sent.

At least once: a sender that dies in between leaves its messages claimed, and they are sent again
when the claim is over, under the same ids (decision 0035).
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.ports.identity import Customers
from hub.application.ports.notifications import (
    Claimed,
    CustomersPreferences,
    Mail,
    Mailbox,
    Notifications,
    PhoneText,
    PhoneTexts,
    Recipient,
)
from hub.application.ports.system import Clock
from hub.domain.kernel import RejectedError, UnavailableError
from hub.domain.notifications.letters import Told, letter
from hub.domain.notifications.planning import LEASE, next_try
from hub.domain.notifications.preferences import Channel, Preferences

logger = logging.getLogger(__name__)


class Ways(NamedTuple):
    """The ways out of Hub."""

    mailbox: Mailbox
    phone_texts: PhoneTexts


@dataclass(frozen=True, slots=True)
class Delivering:
    notifications: Notifications
    preferences: CustomersPreferences
    customers: Customers
    ways: Ways
    clock: Clock

    def __call__(self, recipients: Sequence[Recipient]) -> int:
        """How many messages left. A channel that is down is not tried again this time."""
        left, down = 0, set()
        for to in recipients:
            if to.channel in down:
                continue
            try:
                left += self._deliver(to)
            except UnavailableError as error:
                logger.warning("%s is down: %s", to.channel, error.detail)
                down.add(to.channel)
        return left

    def _deliver(self, to: Recipient) -> int:
        now = self.clock.now()
        claimed = self.notifications.claim(to, now, now + LEASE)
        preferences = self.preferences.of(to.customer_id)
        address = self._address(to, preferences)
        if address is None:
            self.notifications.give_up(_ids(claimed), now)
            return 0
        left, messages = 0, list(_messages(claimed))
        for place, message in enumerate(messages):
            try:
                self._send(to.channel, address, message, preferences)
            except RejectedError as error:
                logger.warning("a message was refused: %s", error.detail)
                self._try_again(message)
            except UnavailableError:
                self._try_again([each for rest in messages[place:] for each in rest])
                raise
            else:
                self.notifications.sent(_ids(message), self.clock.now())
                left += 1
        return left

    def _address(self, to: Recipient, preferences: Preferences) -> str | None:
        """None where there is nobody, or no phone, any more."""
        if to.channel is Channel.SMS:
            return preferences.phone
        return self.customers.email_of(to.customer_id)

    def _send(
        self, channel: Channel, address: str, message: Sequence[Claimed], preferences: Preferences
    ) -> None:
        told = [Told(each.topic, each.kind, each.facts) for each in message]
        written = letter(told, preferences.language, preferences.zone)
        message_id = message[0].notification_id
        if channel is Channel.SMS:
            self.ways.phone_texts.send(PhoneText(message_id, address, written.brief))
        else:
            mail = Mail(message_id, address, written.subject, written.text, written.html)
            self.ways.mailbox.send(mail)

    def _try_again(self, claimed: Sequence[Claimed]) -> None:
        now = self.clock.now()
        for each in claimed:
            again = next_try(each.tries, now)
            if again is None:
                logger.warning("notification %s is given up", each.notification_id)
                self.notifications.give_up([each.notification_id], now)
            else:
                self.notifications.postpone([each.notification_id], again)


def _messages(claimed: Sequence[Claimed]) -> Iterator[Sequence[Claimed]]:
    """Each by itself, and the bundled ones as one."""
    bundled = [each for each in claimed if each.bundled]
    if bundled:
        yield bundled
    yield from ([each] for each in claimed if not each.bundled)


def _ids(claimed: Sequence[Claimed]) -> list[str]:
    return [each.notification_id for each in claimed]
