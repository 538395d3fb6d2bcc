"""Set another password; every other session of the customer ends."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.identity.attempts import PasswordProof
from hub.application.ports.identity import Customers, PasswordChange, Passwords
from hub.application.ports.system import Clock
from hub.domain.identity.credentials import Estimate, check_password
from hub.domain.kernel import ConflictError, CustomerId, ForbiddenError, UnauthenticatedError


class ChangePasswordCommand(NamedTuple):
    customer_id: CustomerId
    session_id: str
    current_password: str
    new_password: str
    address: str


@dataclass(frozen=True, slots=True)
class ChangePassword:
    customers: Customers
    passwords: Passwords
    proof: PasswordProof
    estimate: Estimate
    clock: Clock

    def __call__(self, command: ChangePasswordCommand) -> int:
        """How many sessions that ended.

        Raises ForbiddenError for a wrong password, ThrottledError after some of them, and
        InvalidInputError for a weak new one.
        """
        known = self.customers.known(command.customer_id)
        if known is None:
            raise UnauthenticatedError("the token's customer is gone")
        if not self.proof(known.email_index, known, command.current_password, command.address):
            raise ForbiddenError("the current password is another", code="wrong_password")
        customer = self.customers.by_id(command.customer_id)
        if customer is None:
            raise UnauthenticatedError("the token's customer is gone")
        check_password(
            command.new_password,
            customer.email,
            customer.name,
            self.estimate,
            field="new_password",
        )
        ended = self.customers.change_password(
            PasswordChange(
                command.customer_id,
                command.session_id,
                known.password_hash,
                self.passwords.hash(command.new_password),
                self.clock.now(),
            )
        )
        if ended is None:
            raise ConflictError("the password was changed just now", code="password_changed")
        return ended
