"""Proving with a second factor who one is, where the customer has one: not too often."""

from dataclasses import dataclass

from hub.application.ports.identity import Attempts, SecondFactors
from hub.application.ports.system import Clock
from hub.domain.identity.attempts import gates
from hub.domain.identity.second_factor import accepted_step, recovery_hash
from hub.domain.kernel import CustomerId, ThrottledError, UnauthenticatedError


@dataclass(frozen=True, slots=True)
class SecondFactorProof:
    second_factors: SecondFactors
    attempts: Attempts
    clock: Clock

    def __call__(self, customer_id: CustomerId, code: str | None, address: str) -> None:
        """`code` is of this moment, or a recovery code. Each is taken once.

        Raises UnauthenticatedError, and ThrottledError after some wrong ones.
        """
        factor = self.second_factors.of(customer_id)
        if factor is None or not factor.confirmed:
            return
        if code is None:
            raise UnauthenticatedError(
                "a code of the second factor is wanted", code="second_factor_required"
            )
        now, passed = self.clock.now(), gates(f"second factor {customer_id}", address)
        seconds = self.attempts.begin(passed, now)
        if seconds:
            raise ThrottledError("too many attempts; try again later", seconds=seconds)
        step = accepted_step(factor, code, now)
        if step is not None:
            taken = self.second_factors.take_step(customer_id, step)
        else:
            taken = self.second_factors.take_recovery(customer_id, recovery_hash(code), now)
        if not taken:
            raise UnauthenticatedError("the code is not good", code="bad_code")
        self.attempts.succeeded(passed)
