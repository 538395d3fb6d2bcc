"""Who the caller is."""

from dataclasses import dataclass

from hub.application.ports.identity import Customer, Customers
from hub.domain.kernel import CustomerId, UnauthenticatedError


@dataclass(frozen=True, slots=True)
class GetMe:
    customers: Customers

    def __call__(self, customer_id: CustomerId) -> Customer:
        customer = self.customers.by_id(customer_id)
        if customer is None:
            raise UnauthenticatedError("the token's customer is gone")
        return customer
