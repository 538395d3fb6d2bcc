"""Take in a new customer and open their first paper account."""

import logging
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.books import Cause, audit_payload
from hub.application.ports.identity import (
    Customer,
    Customers,
    EmailTakenError,
    NewCustomer,
    NoticeRequests,
    Passwords,
)
from hub.application.ports.system import Clock, Ids
from hub.domain.identity.credentials import Estimate, check_password, normal_email
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.kernel import AccountId, ConflictError, CustomerId, Fault, UnavailableError

logger = logging.getLogger(__name__)


class RegisterCommand(NamedTuple):
    email: str
    password: str
    name: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Register:
    customers: Customers
    passwords: Passwords
    estimate: Estimate
    clock: Clock
    ids: Ids
    notice_requests: NoticeRequests

    def __call__(self, command: RegisterCommand) -> NewCustomer:
        """Raises InvalidInputError for a weak password, ConflictError for a taken address."""
        email = normal_email(command.email)
        check_password(command.password, email, command.name, self.estimate)
        customer_id = CustomerId(self.ids.new())
        cause = Cause(customer_id, "registered", self.clock.now(), None, command.trace_id)
        account_id = AccountId(self.ids.new())
        new = NewCustomer(
            Customer(customer_id, email, command.name, self.passwords.hash(command.password)),
            account_id,
            cause,
            audit_payload(cause, {"account_id": account_id}),
        )
        try:
            self.customers.register(new)
        except EmailTakenError as error:
            fault = Fault("email", "unique", "this address is registered already")
            raise ConflictError(
                "the e-mail address is taken", code="email_taken", faults=(fault,)
            ) from error
        try:
            self.notice_requests.ask(Purpose.VERIFY_EMAIL, email)
        except UnavailableError as error:
            # They are registered, and can ask for it again.
            logger.warning("no verification was asked for: %s", error.detail)
        return new
