"""Customers and their log-in sessions in PostgreSQL."""

from dataclasses import dataclass
from hashlib import sha256

import psycopg

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.books import GENESIS
from hub.application.ports.identity import Customer, EmailTakenError, LoginSession, NewCustomer
from hub.domain.kernel import CustomerId

FIRST_ACCOUNT = "Paper account"


@dataclass(frozen=True, slots=True)
class PostgresCustomers:
    database: Database

    def register(self, new: NewCustomer) -> None:
        customer = new.customer
        try:
            self.database.rows(
                compiled.REGISTER_CUSTOMER,
                {
                    "b_user_id": customer.customer_id,
                    "b_email": customer.email,
                    "b_name": customer.name,
                    "b_password_hash": customer.password_hash,
                    "b_account_id": new.account_id,
                    "b_account_name": FIRST_ACCOUNT,
                    "b_audit_payload": new.audit_payload,
                    "b_audit_hash": sha256(GENESIS + new.audit_payload.encode()).digest(),
                    "b_created_at": new.cause.at,
                },
            )
        except psycopg.errors.UniqueViolation as error:
            mine = self.by_id(customer.customer_id)
            if mine is None:
                raise EmailTakenError from error

    def by_email(self, email: str) -> Customer | None:
        row = self.database.one(compiled.FIND_USER_BY_EMAIL, {"b_email": email})
        return Customer(*row) if row else None

    def by_id(self, customer_id: CustomerId) -> Customer | None:
        row = self.database.one(compiled.FIND_USER_BY_ID, {"b_user_id": customer_id})
        return Customer(*row) if row else None

    def open_session(self, session: LoginSession) -> None:
        self.database.rows(
            compiled.OPEN_LOGIN_SESSION,
            {
                "b_session_id": session.session_id,
                "b_user_id": session.customer_id,
                "b_refresh_hash": session.refresh_hash,
                "b_created_at": session.created_at,
                "b_expires_at": session.expires_at,
            },
        )
