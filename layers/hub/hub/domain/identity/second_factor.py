"""A second factor: codes of RFC 6238, one each half minute, and codes for when it is lost."""

import hmac
from base64 import b32encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, urlencode

RECOVERY_CODES = 10
_STEP_SECONDS = 30
_DIGITS = 6
# Clocks differ: the codes just before and just after are taken too, each at most once.
_WINDOW = 1


class SecondFactor(NamedTuple):
    """`last_step` is the half minute of the last code that was taken."""

    secret: bytes
    last_step: int
    confirmed: bool


def secret_from(chance: str) -> bytes:
    """The 160 bits that RFC 4226 recommends."""
    return sha256(chance.encode()).digest()[:20]


def code_at(secret: bytes, step: int) -> str:
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)


def step_of(moment: datetime) -> int:
    return int(moment.timestamp()) // _STEP_SECONDS


def accepted_step(factor: SecondFactor, code: str, now: datetime) -> int | None:
    """The half minute that the code is of; None for a wrong one, and for one that was taken."""
    middle = step_of(now)
    for step in range(middle - _WINDOW, middle + _WINDOW + 1):
        expected = code_at(factor.secret, step)
        if hmac.compare_digest(expected.encode(), code.encode()) and step > factor.last_step:
            return step
    return None


def enrolment_uri(secret: bytes, email: str) -> str:
    """What an authenticator reads from a picture."""
    label = quote(f"Hub:{email}", safe="")
    return f"otpauth://totp/{label}?" + urlencode(
        {"secret": secret_text(secret), "issuer": "Hub", "digits": _DIGITS, "period": _STEP_SECONDS}
    )


def secret_text(secret: bytes) -> str:
    return b32encode(secret).decode()


def recovery_code(chance: str) -> str:
    """80 bits in four groups that can be written down."""
    letters = b32encode(sha256(chance.encode()).digest()[:10]).decode().lower()
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def recovery_hash(code: str) -> bytes:
    """However it was written down."""
    letters = "".join(letter for letter in code.casefold() if letter.isalnum())
    return sha256(letters.encode()).digest()


def recovery_hashes(codes: Sequence[str]) -> list[bytes]:
    return [recovery_hash(code) for code in codes]
