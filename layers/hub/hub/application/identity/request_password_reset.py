"""Have a token sent by which another password can be set.

Whether the address is a customer's is found out elsewhere, so that neither the answer nor its time
tells it.
"""

from dataclasses import dataclass

from hub.application.ports.identity import Attempts, NoticeRequests
from hub.application.ports.system import Clock
from hub.application.ports.vault import BlindIndex
from hub.domain.identity.attempts import gates
from hub.domain.identity.credentials import normal_email
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.kernel import ThrottledError


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    blind_index: BlindIndex
    notice_requests: NoticeRequests
    attempts: Attempts
    clock: Clock

    def __call__(self, email: str, address: str) -> None:
        """Raises ThrottledError: nobody's mailbox is filled."""
        wanted = self.blind_index.of(normal_email(email))
        passed = gates(f"reset {wanted.hex()}", address)
        seconds = self.attempts.begin(passed, self.clock.now())
        if seconds:
            raise ThrottledError("asked for too often; try again later", seconds=seconds)
        self.notice_requests.ask(Purpose.RESET_PASSWORD, wanted)
