"""Forget a person, on their word: address, name, password, devices and keys go; the books stay.

Last goes the key that their data was sealed under, so that no copy of the database opens.
"""

import logging
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.identity.attempts import PasswordProof
from hub.application.identity.second_factor import SecondFactorProof
from hub.application.ports.identity import Customers, People
from hub.application.ports.system import Clock
from hub.application.ports.vault import KeyDuties, Shredding
from hub.domain.kernel import (
    CustomerId,
    ForbiddenError,
    UnauthenticatedError,
    UnavailableError,
)

logger = logging.getLogger(__name__)


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
    shredding: Shredding
    key_duties: KeyDuties
    clock: Clock

    def __call__(self, command: EraseMeCommand) -> None:
        """Raises ForbiddenError, UnauthenticatedError and ThrottledError."""
        customer = self.customers.known(command.customer_id)
        if customer is None:
            raise UnauthenticatedError("the token's customer is gone")
        if not self.proof(customer.email_index, customer, command.password, command.address):
            raise ForbiddenError("the password is another", code="wrong_password")
        self.second_proof(command.customer_id, command.code, command.address)
        self.people.erase(command.customer_id, self.clock.now())
        try:
            self.shredding.shred(command.customer_id)
            self.key_duties.shredded(command.customer_id)
        except UnavailableError as error:
            # They are erased, and that their key goes too is noted: TendKeys sees to it.
            logger.warning("the key of an erased customer is still there: %s", error.detail)
