"""Make the one-time token that was asked for, and send it, where the address is a customer's."""

from dataclasses import dataclass

from hub.application.ports.identity import NewOneTimeToken, Notices, OneTimeTokens
from hub.application.ports.system import Clock, Secrets
from hub.domain.identity.one_time_tokens import LIVES, Purpose, notice
from hub.domain.identity.sessions import token_hash


@dataclass(frozen=True, slots=True)
class SendNotice:
    one_time_tokens: OneTimeTokens
    notices: Notices
    clock: Clock
    secrets: Secrets

    def __call__(self, purpose: Purpose, email: str) -> None:
        """Raises UnavailableError. Asked twice it sends twice, and the second token is the good."""
        now, token = self.clock.now(), self.secrets.token()
        new = NewOneTimeToken(email, purpose, token_hash(token), now, now + LIVES[purpose])
        if self.one_time_tokens.create(new):
            self.notices.send(notice(purpose, email, token))
