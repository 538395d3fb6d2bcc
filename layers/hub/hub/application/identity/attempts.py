"""Proving by a password who one is: not too often, and without telling who exists."""

from dataclasses import dataclass

from hub.application.ports.identity import Attempts, Known, Passwords
from hub.application.ports.system import Clock
from hub.domain.identity.attempts import gates
from hub.domain.kernel import ThrottledError


@dataclass(frozen=True, slots=True)
class PasswordProof:
    passwords: Passwords
    attempts: Attempts
    clock: Clock

    def __call__(
        self, email_index: bytes, customer: Known | None, password: str, address: str
    ) -> bool:
        """Whether it is the customer's password. `email_index` is of the address they gave.

        Raises ThrottledError, for a customer that is none as well.
        """
        passed = gates(email_index.hex(), address)
        seconds = self.attempts.begin(passed, self.clock.now())
        if seconds:
            raise ThrottledError("too many attempts; try again later", seconds=seconds)
        hashed = customer.password_hash if customer else None
        if not self.passwords.verify(password, hashed) or customer is None:
            return False
        self.attempts.succeeded(passed)
        return True
