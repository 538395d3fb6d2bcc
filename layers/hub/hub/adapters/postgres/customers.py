"""Customers in PostgreSQL."""

from dataclasses import dataclass
from hashlib import sha256

import psycopg

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.adapters.postgres.sealed import email_field, name_field, opened
from hub.application.books import GENESIS
from hub.application.ports.identity import (
    Customer,
    EmailTakenError,
    Known,
    NewCustomer,
    PasswordChange,
)
from hub.application.ports.vault import Vault
from hub.domain.kernel import CustomerId

FIRST_ACCOUNT = "Paper account"


@dataclass(frozen=True, slots=True)
class PostgresCustomers:
    database: Database
    vault: Vault

    def register(self, new: NewCustomer) -> None:
        customer = new.customer
        seal = self.vault.of(customer.customer_id)
        try:
            self.database.rows(
                compiled.REGISTER_CUSTOMER,
                {
                    "b_user_id": customer.customer_id,
                    "b_email_index": new.email_index,
                    "b_email": seal.close(
                        email_field(customer.customer_id), customer.email.encode()
                    ),
                    "b_name": seal.close(name_field(customer.customer_id), customer.name.encode()),
                    "b_key_master": new.key_master,
                    "b_password_hash": customer.password_hash,
                    "b_account_id": new.account_id,
                    "b_account_name": FIRST_ACCOUNT,
                    "b_audit_payload": new.audit_payload,
                    "b_audit_hash": sha256(GENESIS + new.audit_payload.encode()).digest(),
                    "b_created_at": new.cause.at,
                },
            )
        except psycopg.errors.UniqueViolation as error:
            mine = self.known(customer.customer_id)
            if mine is None:
                raise EmailTakenError from error

    def known_by(self, email_index: bytes) -> Known | None:
        row = self.database.one(compiled.FIND_KNOWN_BY_INDEX, {"b_email_index": email_index})
        return Known(*row) if row else None

    def known(self, customer_id: CustomerId) -> Known | None:
        row = self.database.one(compiled.FIND_KNOWN_BY_ID, {"b_user_id": customer_id})
        return Known(*row) if row else None

    def by_id(self, customer_id: CustomerId) -> Customer | None:
        row = self.database.one(compiled.FIND_USER_BY_ID, {"b_user_id": customer_id})
        return opened(self.vault, row) if row else None

    def email_of(self, customer_id: CustomerId) -> str | None:
        row = self.database.one(compiled.FIND_SEALED_EMAIL, {"b_user_id": customer_id})
        if row is None:
            return None
        return self.vault.of(customer_id).open(email_field(customer_id), row[0]).decode()

    def rehash(self, customer_id: CustomerId, old_hash: str, new_hash: str) -> None:
        self.database.rows(
            compiled.REHASH_PASSWORD,
            {"b_user_id": customer_id, "b_old_hash": old_hash, "b_new_hash": new_hash},
        )

    def change_password(self, change: PasswordChange) -> int | None:
        row = self.database.one(
            compiled.CHANGE_PASSWORD,
            {
                "b_user_id": change.customer_id,
                "b_session_id": change.session_id,
                "b_old_hash": change.old_hash,
                "b_new_hash": change.new_hash,
                "b_at": change.at,
            },
        )
        changed, ended = row or (False, 0)
        return ended if changed else None
