"""API keys: what they look like, and how many an account may have."""

import re
from enum import StrEnum

MOST_KEYS = 20
_PREFIX = "hk_"
_FORM = re.compile(r"hk_[A-Za-z0-9_-]{43}", re.ASCII)


class KeyScope(StrEnum):
    """What a key may do. None may do what a log-in does: make keys, change the password."""

    READ = "read"
    TRADE = "trade"


def key_text(secret: str) -> str:
    """The key as its customer gets it, once. Its beginning tells scanners of secrets what it is."""
    return _PREFIX + secret


def is_key(credential: str) -> bool:
    return _FORM.fullmatch(credential) is not None
