"""Have a token sent to the customer's address, by which they show that it is theirs."""

from dataclasses import dataclass

from hub.application.ports.identity import Attempts, Customers, NoticeRequests
from hub.application.ports.system import Clock
from hub.domain.identity.attempts import gates
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.kernel import CustomerId, ThrottledError, UnauthenticatedError


@dataclass(frozen=True, slots=True)
class RequestEmailVerification:
    customers: Customers
    notice_requests: NoticeRequests
    attempts: Attempts
    clock: Clock

    def __call__(self, customer_id: CustomerId, address: str) -> None:
        """Raises ThrottledError."""
        customer = self.customers.known(customer_id)
        if customer is None:
            raise UnauthenticatedError("the token's customer is gone")
        passed = gates(f"verify {customer_id}", address)
        seconds = self.attempts.begin(passed, self.clock.now())
        if seconds:
            raise ThrottledError("asked for too often; try again later", seconds=seconds)
        self.notice_requests.ask(Purpose.VERIFY_EMAIL, customer.email_index)
