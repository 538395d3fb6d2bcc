"""Take in a new customer and open their first paper account.

Whoever asks for an address that has a customer already is answered just so, with ids of nothing:
that it is taken is told to the address alone (decision 0027).
"""

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
from hub.application.ports.vault import BlindIndex, NewKeys
from hub.domain.identity.credentials import Estimate, check_password, normal_email
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.kernel import AccountId, CustomerId, UnavailableError

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
    blind_index: BlindIndex
    new_keys: NewKeys
    notice_requests: NoticeRequests

    def __call__(self, command: RegisterCommand) -> NewCustomer:
        """Raises InvalidInputError for a weak password."""
        email = normal_email(command.email)
        check_password(command.password, email, command.name, self.estimate)
        email_index = self.blind_index.of(email)
        customer_id = CustomerId(self.ids.new())
        cause = Cause(customer_id, "registered", self.clock.now(), None, command.trace_id)
        account_id = AccountId(self.ids.new())
        new = NewCustomer(
            Customer(customer_id, email, command.name, self.passwords.hash(command.password)),
            email_index,
            self.new_keys.make(customer_id),
            account_id,
            cause,
            audit_payload(cause, {"account_id": account_id}),
        )
        try:
            self.customers.register(new)
            purpose = Purpose.VERIFY_EMAIL
        except EmailTakenError:
            purpose = Purpose.REMIND
        try:
            self.notice_requests.ask(purpose, email_index)
        except UnavailableError as error:
            # They are registered, and can ask for it again.
            logger.warning("no notice was asked for: %s", error.detail)
        return new
