"""The rules of e-mail addresses and passwords (design.md 8)."""

import unicodedata

from hub.domain.kernel import Fault, InvalidInputError

MIN_PASSWORD = 8
MAX_PASSWORD = 128


def normal_email(address: str) -> str:
    """The form under which an address is unique: compatibility-composed and case-folded."""
    return unicodedata.normalize("NFKC", address.strip()).casefold()


def check_password(password: str, email: str, field: str = "password") -> None:
    """Length in characters, and not the address itself. Raises InvalidInputError."""
    rule = ""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        rule, message = "length", f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters"
    elif password.casefold() in {email, email.partition("@")[0]}:
        rule, message = "context", "a password must not be the e-mail address"
    if rule:
        raise InvalidInputError("the password breaks a rule", faults=(Fault(field, rule, message),))
