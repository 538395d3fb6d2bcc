"""Forget a person, on their word: address, name, password, devices and keys go; the books stay."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.identity.attempts import PasswordProof
from hub.application.identity.second_factor import SecondFactorProof
from hub.application.ports.identity import Customers, People
from hub.application.ports.system import Clock
from hub.domain.identity.credentials import nobodys_email
from hub.domain.kernel import CustomerId, ForbiddenError, UnauthenticatedError


class EraseMeCommand(NamedTuple):
    customer_id: CustomerId
    password: str
    code: str | None
    address: str


@dataclass(frozen=True, slots=True)
class EraseMe:
    customers: Customers
    people: People
    proof: PasswordProof
    second_proof: SecondFactorProof
    clock: Clock

    def __call__(self, command: EraseMeCommand) -> None:
        """Raises ForbiddenError, UnauthenticatedError and ThrottledError."""
        customer = self.customers.by_id(command.customer_id)
        if customer is None:
            raise UnauthenticatedError("the token's customer is gone")
        if not self.proof(customer.email, customer, command.password, command.address):
            raise ForbiddenError("the password is another", code="wrong_password")
        self.second_proof(command.customer_id, command.code, command.address)
        nobody = nobodys_email(command.customer_id)
        self.people.erase(command.customer_id, nobody, self.clock.now())
