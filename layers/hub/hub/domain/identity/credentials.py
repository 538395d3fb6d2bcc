"""The rules of e-mail addresses and passwords (design.md 8)."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hub.domain.kernel import Fault, InvalidInputError

MIN_PASSWORD = 8
MAX_PASSWORD = 128
# Of 0 to 4: it would take more than a hundred million guesses.
MIN_SCORE = 3
# Shorter words of a name say too little to forbid them.
_SHORTEST_WORD = 4


class Estimate(NamedTuple):
    """What can be said of a password besides its length."""

    is_common: Callable[[str], bool]
    score: Callable[[str, Sequence[str]], int]


def normal_email(address: str) -> str:
    """The form under which an address is unique: compatibility-composed and case-folded."""
    return unicodedata.normalize("NFKC", address.strip()).casefold()


def check_password(
    password: str, email: str, name: str, estimate: Estimate, field: str = "password"
) -> None:
    """By length, context, and how soon it would be guessed: no kinds of characters are asked for.

    Raises InvalidInputError, which names the rule.
    """
    words = _words(email, name)
    rule = ""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        rule, message = "length", f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters"
    elif _is_made_of(password, words):
        rule, message = "context", "a password must not be made of your address or name"
    elif estimate.is_common(password):
        rule, message = "common", "this password is among those that are tried first"
    elif estimate.score(password, words) < MIN_SCORE:
        rule, message = "strength", "this password is guessed too soon; a few more words help"
    if rule:
        raise InvalidInputError("the password breaks a rule", faults=(Fault(field, rule, message),))


def _words(email: str, name: str) -> list[str]:
    local, _, domain = email.partition("@")
    return [email, local, domain, *name.casefold().split(), "hub", "brokerage"]


def _is_made_of(password: str, words: Sequence[str]) -> bool:
    """Whether hardly anything is left of it without the words, the longest first."""
    left = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST_WORD:
            left = left.replace(word, "")
    return len(left) < min(_SHORTEST_WORD, len(password))
