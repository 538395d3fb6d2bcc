"""Set another password by a one-time token; every session and key of the customer ends."""

from dataclasses import dataclass

from hub.application.ports.identity import OneTimeTokens, PasswordReset, Passwords
from hub.application.ports.system import Clock
from hub.domain.identity.credentials import Estimate, check_password
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.identity.sessions import token_hash
from hub.domain.kernel import RejectedError


@dataclass(frozen=True, slots=True)
class ResetPassword:
    one_time_tokens: OneTimeTokens
    passwords: Passwords
    estimate: Estimate
    clock: Clock

    def __call__(self, token: str, new_password: str) -> int:
        """How many sessions that ended.

        Raises RejectedError for a token that is not good (any more), and InvalidInputError for a
        weak password, after which the token is still good.
        """
        now, hashed = self.clock.now(), token_hash(token)
        customer = self.one_time_tokens.owner(hashed, Purpose.RESET_PASSWORD, now)
        ended = None
        if customer is not None:
            check_password(
                new_password, customer.email, customer.name, self.estimate, field="new_password"
            )
            reset = PasswordReset(hashed, self.passwords.hash(new_password), now)
            ended = self.one_time_tokens.reset_password(reset)
        if ended is None:
            raise RejectedError("the token is not good any more", code="bad_one_time_token")
        return ended
