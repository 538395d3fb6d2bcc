"""Show by a one-time token that one reads what is sent to an address."""

from dataclasses import dataclass

from hub.application.ports.identity import OneTimeTokens
from hub.application.ports.system import Clock
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.identity.sessions import token_hash
from hub.domain.kernel import RejectedError


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    one_time_tokens: OneTimeTokens
    clock: Clock

    def __call__(self, token: str) -> str:
        """The address. Raises RejectedError for a token that is not good (any more)."""
        now, hashed = self.clock.now(), token_hash(token)
        customer = self.one_time_tokens.owner(hashed, Purpose.VERIFY_EMAIL, now)
        if customer is None or not self.one_time_tokens.verify_email(hashed, now):
            raise RejectedError("the token is not good any more", code="bad_one_time_token")
        return customer.email
