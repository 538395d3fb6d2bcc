"""The tables of identity."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from hub.adapters.postgres.tables.kinds import ID, MOMENT, metadata, one_of
from hub.domain.identity.api_keys import KeyScope
from hub.domain.identity.one_time_tokens import LIVES
from hub.domain.identity.sessions import Ending

users = Table(
    "users",
    metadata,
    Column("user_id", ID, primary_key=True),
    # Sealed under the customer's own key; of one who is erased nothing is left.
    Column("email_index", LargeBinary, unique=True),
    Column("email", LargeBinary),
    Column("name", LargeBinary),
    # Which master wraps that key.
    Column("key_master", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    # The application's role may not write it: no defect of a handler makes an administrator.
    Column("admin", Boolean, nullable=False, server_default=text("false")),
    Column("email_verified_at", MOMENT),
    Column("created_at", MOMENT, nullable=False),
    CheckConstraint(
        "(email_index IS NULL) = (email IS NULL) AND (email IS NULL) = (name IS NULL)",
        name="whole_or_erased",
    ),
)

# Noted with the erasure, and struck out when the key is destroyed.
keys_to_shred = Table(
    "keys_to_shred",
    metadata,
    Column("user_id", ID, ForeignKey("users.user_id"), primary_key=True),
    Column("noted_at", MOMENT, nullable=False),
)

login_sessions = Table(
    "login_sessions",
    metadata,
    Column("session_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False, index=True),
    # Sealed; of one who is erased nothing is left.
    Column("address", LargeBinary),
    Column("agent", LargeBinary),
    # A mark of both: the same for sessions from one device.
    Column("device", LargeBinary),
    Column("created_at", MOMENT, nullable=False),
    Column("used_at", MOMENT, nullable=False),
    Column("expires_at", MOMENT, nullable=False),
    Column("ended_at", MOMENT),
    Column("ending", Text),
    one_of("ending", tuple(Ending)),
)

# A session's tokens, one after the other: a used one that comes again betrays a thief.
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("session_id", ID, ForeignKey("login_sessions.session_id"), nullable=False, index=True),
    Column("created_at", MOMENT, nullable=False),
    Column("used_at", MOMENT),
)

# While Redis does not answer. A key tells no account's name.
login_attempts = Table(
    "login_attempts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", MOMENT, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False),
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", MOMENT, nullable=False),
    Column("expires_at", MOMENT, nullable=False),
    Column("used_at", MOMENT),
    Column("revoked_at", MOMENT),
    one_of("scope", tuple(KeyScope)),
)

one_time_tokens = Table(
    "one_time_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("expires_at", MOMENT, nullable=False),
    Column("used_at", MOMENT),
    one_of("purpose", tuple(LIVES)),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", ID, ForeignKey("users.user_id"), primary_key=True),
    # Sealed.
    Column("secret", LargeBinary, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("confirmed_at", MOMENT),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    Column("used_at", MOMENT),
    PrimaryKeyConstraint("user_id", "code_hash"),
)
