"""Do without a second factor, by the password and a last code of it."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.identity.attempts import PasswordProof
from hub.application.identity.second_factor import SecondFactorProof
from hub.application.ports.identity import Customers, SecondFactors
from hub.application.ports.system import Clock
from hub.domain.kernel import CustomerId, ForbiddenError, NotFoundError, UnauthenticatedError


class RemoveTotpCommand(NamedTuple):
    customer_id: CustomerId
    password: str
    code: str | None
    address: str


@dataclass(frozen=True, slots=True)
class RemoveTotp:
    customers: Customers
    second_factors: SecondFactors
    proof: PasswordProof
    second_proof: SecondFactorProof
    clock: Clock

    def __call__(self, command: RemoveTotpCommand) -> None:
        """Raises ForbiddenError, UnauthenticatedError, ThrottledError and NotFoundError.

        One that was never confirmed goes by the password alone.
        """
        customer = self.customers.known(command.customer_id)
        if customer is None:
            raise UnauthenticatedError("the token's customer is gone")
        if not self.proof(customer.email_index, customer, command.password, command.address):
            raise ForbiddenError("the password is another", code="wrong_password")
        self.second_proof(command.customer_id, command.code, command.address)
        if not self.second_factors.remove(command.customer_id, self.clock.now()):
            raise NotFoundError("there is no second factor")
