"""Send what was asked for, where the address is a customer's: a one-time token, or a reminder."""

from dataclasses import dataclass

from hub.application.ports.identity import (
    Attempts,
    Customers,
    NewOneTimeToken,
    Notices,
    OneTimeTokens,
)
from hub.application.ports.system import Clock, Secrets
from hub.domain.identity.attempts import reminder_gate
from hub.domain.identity.one_time_tokens import LIVES, Purpose, notice, reminder
from hub.domain.identity.sessions import token_hash
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class SendNotice:
    customers: Customers
    one_time_tokens: OneTimeTokens
    notices: Notices
    attempts: Attempts
    clock: Clock
    secrets: Secrets

    def __call__(self, purpose: Purpose, email_index: bytes) -> None:
        """Raises UnavailableError. Asked twice it sends twice, and the second token is the good."""
        known = self.customers.known_by(email_index)
        email = self.customers.email_of(known.customer_id) if known else None
        if known is None or email is None:
            return
        if purpose is Purpose.REMIND:
            self._remind(known.customer_id, email)
        else:
            self._send_token(purpose, known.customer_id, email)

    def _remind(self, customer_id: CustomerId, email: str) -> None:
        """At most once an hour: one that is lost is asked for by registering again."""
        if not self.attempts.begin([reminder_gate(customer_id)], self.clock.now()):
            self.notices.send(reminder(email))

    def _send_token(self, purpose: Purpose, customer_id: CustomerId, email: str) -> None:
        now, token = self.clock.now(), self.secrets.token()
        new = NewOneTimeToken(customer_id, purpose, token_hash(token), now, now + LIVES[purpose])
        if self.one_time_tokens.create(new):
            self.notices.send(notice(purpose, email, token))
