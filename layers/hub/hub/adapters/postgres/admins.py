"""Who is an administrator: set by the owner of the database, which no handler is."""

from datetime import UTC, datetime

import psycopg

_SET = """
WITH changed AS (UPDATE users SET admin = %(admin)s WHERE user_id = %(user_id)s RETURNING user_id),
ended AS (
    UPDATE login_sessions s SET ended_at = %(at)s, ending = 'scope_changed'
    FROM changed WHERE s.user_id = changed.user_id AND s.ended_at IS NULL
)
SELECT count(*) FROM changed
"""


def set_admin(url: str, customer_id: str, *, admin: bool) -> bool:
    """Whether there is such a customer. Their sessions end, for the scope of a token stays."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            _SET, {"user_id": customer_id, "admin": admin, "at": datetime.now(UTC)}
        ).fetchone()
    return row is not None and row[0] == 1


def find_customer(url: str, email_index: bytes) -> str | None:
    """Whose address this is, by its blind index."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT user_id::text FROM users WHERE email_index = %s", [email_index]
        ).fetchone()
    return row[0] if row else None
