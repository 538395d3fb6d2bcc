"""Who is an administrator: set by the owner of the database, which no handler is."""

from datetime import UTC, datetime

import psycopg

_SET = """
WITH changed AS (UPDATE users SET admin = %(admin)s WHERE email = %(email)s RETURNING user_id),
ended AS (
    UPDATE login_sessions s SET ended_at = %(at)s, ending = 'scope_changed'
    FROM changed WHERE s.user_id = changed.user_id AND s.ended_at IS NULL
)
SELECT count(*) FROM changed
"""


def set_admin(url: str, email: str, *, admin: bool) -> bool:
    """Whether there is such a customer. Their sessions end, for the scope of a token stays."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            _SET, {"email": email, "admin": admin, "at": datetime.now(UTC)}
        ).fetchone()
    return row is not None and row[0] == 1
