"""What is sent to an address: one-time tokens, how long they are good, and reminders."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple


class Purpose(StrEnum):
    """What a notice is for. All but the reminder bring a token."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  # what a token is for, no secret
    REMIND = "remind"


LIVES = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
}


class Notice(NamedTuple):
    """Something that a customer is told outside of the API."""

    email: str
    subject: str
    text: str


def reminder(email: str) -> Notice:
    text = (
        "Somebody, most likely you, wanted to register with this address, which has an account"
        " already. Log in, or ask for another password. If it was not you, do nothing."
    )
    return Notice(email, "You have an account already", text)


def notice(purpose: Purpose, email: str, token: str) -> Notice:
    hours = LIVES[purpose] / timedelta(hours=1)
    good = f"It is good for {hours:g} hours, and once. If you did not ask for it, do nothing."
    if purpose is Purpose.VERIFY_EMAIL:
        return Notice(email, "Is this your address?", f"To confirm it: {token}\n{good}")
    return Notice(email, "Another password", f"To set another password: {token}\n{good}")
