"""Give out the secret of a second factor; it counts from when a code of it is shown."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.ports.identity import Customers, SecondFactors
from hub.application.ports.system import Clock, Secrets
from hub.domain.identity.second_factor import enrolment_uri, secret_from, secret_text
from hub.domain.kernel import ConflictError, CustomerId, UnauthenticatedError


class Enrolment(NamedTuple):
    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class BeginTotp:
    customers: Customers
    second_factors: SecondFactors
    clock: Clock
    secrets: Secrets

    def __call__(self, customer_id: CustomerId) -> Enrolment:
        """Raises ConflictError where there is a second factor already."""
        customer = self.customers.by_id(customer_id)
        if customer is None:
            raise UnauthenticatedError("the token's customer is gone")
        secret = secret_from(self.secrets.token())
        if not self.second_factors.begin(customer_id, secret, self.clock.now()):
            raise ConflictError("there is a second factor already", code="second_factor_exists")
        return Enrolment(secret_text(secret), enrolment_uri(secret, customer.email))
