"""Prove who one is with a password, and get tokens for it."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.identity.attempts import PasswordProof
from hub.application.identity.second_factor import SecondFactorProof
from hub.application.ports.identity import Customers, Devices, NewSession, Passwords, Tokens
from hub.application.ports.system import Clock, Ids, Secrets
from hub.application.ports.vault import BlindIndex
from hub.domain.identity.credentials import normal_email
from hub.domain.identity.scopes import scope_of
from hub.domain.identity.sessions import LONGEST, token_hash
from hub.domain.kernel import UnauthenticatedError


class LoginCommand(NamedTuple):
    email: str
    password: str
    address: str
    agent: str
    code: str | None = None


class LoggedIn(NamedTuple):
    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Login:
    customers: Customers
    devices: Devices
    blind_index: BlindIndex
    passwords: Passwords
    proof: PasswordProof
    second_proof: SecondFactorProof
    tokens: Tokens
    clock: Clock
    ids: Ids
    secrets: Secrets

    def __call__(self, command: LoginCommand) -> LoggedIn:
        """Raises UnauthenticatedError and ThrottledError.

        They are the same for an unknown address and a wrong password.
        """
        email_index = self.blind_index.of(normal_email(command.email))
        customer = self.customers.known_by(email_index)
        proved = self.proof(email_index, customer, command.password, command.address)
        if not proved or customer is None:
            raise UnauthenticatedError(
                "the e-mail address or the password is wrong", code="bad_credentials"
            )
        self.second_proof(customer.customer_id, command.code, command.address)
        if self.passwords.is_outdated(customer.password_hash):
            better = self.passwords.hash(command.password)
            self.customers.rehash(customer.customer_id, customer.password_hash, better)
        now, refresh_token = self.clock.now(), self.secrets.token()
        session = NewSession(
            session_id=self.ids.new(),
            customer_id=customer.customer_id,
            token_hash=token_hash(refresh_token),
            address=command.address,
            agent=command.agent,
            created_at=now,
            expires_at=now + LONGEST,
        )
        self.devices.open(session)
        scope = scope_of(admin=customer.admin)
        access = self.tokens.issue(customer.customer_id, session.session_id, scope, now)
        return LoggedIn(access, refresh_token, int(self.tokens.life.total_seconds()))
