"""Sessions: how long they last, and why they end."""

from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

# A session ends at its age or, sooner, when nobody has used it for a while.
LONGEST = timedelta(days=30)
IDLE = timedelta(days=7)


class Ending(StrEnum):
    LOGOUT = "logout"
    ENDED_BY_CUSTOMER = "ended_by_customer"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # a reason, no secret
    ERASED = "erased"
    SCOPE_CHANGED = "scope_changed"
    TOKEN_REUSED = "token_reused"  # noqa: S105  # see above


def token_hash(token: str) -> bytes:
    """What is stored of a token: it holds 256 bits of chance, so a plain hash hides it."""
    return sha256(token.encode()).digest()
