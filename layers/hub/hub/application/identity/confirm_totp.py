"""Show a code of the new second factor: from now on it is asked for. Gives recovery codes, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports.identity import Attempts, SecondFactors
from hub.application.ports.system import Clock, Secrets
from hub.domain.identity.attempts import gates
from hub.domain.identity.second_factor import (
    RECOVERY_CODES,
    accepted_step,
    recovery_code,
    recovery_hashes,
)
from hub.domain.kernel import CustomerId, NotFoundError, RejectedError, ThrottledError


@dataclass(frozen=True, slots=True)
class ConfirmTotp:
    second_factors: SecondFactors
    attempts: Attempts
    clock: Clock
    secrets: Secrets

    def __call__(self, customer_id: CustomerId, code: str, address: str) -> Sequence[str]:
        """Raises NotFoundError, RejectedError for a wrong code, and ThrottledError."""
        now = self.clock.now()
        factor = self.second_factors.of(customer_id)
        if factor is None or factor.confirmed:
            raise NotFoundError("no second factor waits to be confirmed")
        seconds = self.attempts.begin(gates(f"confirming {customer_id}", address), now)
        if seconds:
            raise ThrottledError("too many attempts; try again later", seconds=seconds)
        step = accepted_step(factor, code, now)
        if step is None:
            raise RejectedError("the code is not good", code="code_rejected")
        codes = [recovery_code(self.secrets.token()) for _ in range(RECOVERY_CODES)]
        if not self.second_factors.confirm(customer_id, step, recovery_hashes(codes), now):
            raise NotFoundError("no second factor waits to be confirmed")
        return codes
