"""What of a row is sealed, and where each value stands."""

from collections.abc import Sequence
from typing import Any

from hub.application.ports.identity import Customer, LiveSession
from hub.application.ports.vault import Field, Seal, Vault
from hub.domain.kernel import CustomerId


def email_field(customer_id: CustomerId) -> Field:
    return Field("users", "email", customer_id)


def name_field(customer_id: CustomerId) -> Field:
    return Field("users", "name", customer_id)


def secret_field(customer_id: CustomerId) -> Field:
    return Field("second_factors", "secret", customer_id)


def address_field(session_id: str) -> Field:
    return Field("login_sessions", "address", session_id)


def agent_field(session_id: str) -> Field:
    return Field("login_sessions", "agent", session_id)


def phone_field(customer_id: CustomerId) -> Field:
    return Field("notification_preferences", "phone", customer_id)


def opened(vault: Vault, row: Sequence[Any]) -> Customer:
    """The customer of a row as `customer_columns` has it."""
    customer_id, email, name, *others = row
    seal = vault.of(customer_id)
    return Customer(
        customer_id,
        seal.open(email_field(customer_id), email).decode(),
        seal.open(name_field(customer_id), name).decode(),
        *others,
    )


def opened_session(seal: Seal, row: Sequence[Any]) -> LiveSession:
    session_id, address, agent, *others = row
    return LiveSession(
        session_id,
        seal.open(address_field(session_id), address).decode(),
        seal.open(agent_field(session_id), agent).decode(),
        *others,
    )
