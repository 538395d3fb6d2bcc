"""`./dev admin grant|revoke EMAIL`: who may use the routes of administrators."""

from collections.abc import Sequence

from hub.adapters.postgres.admins import set_admin
from hub.domain.identity.credentials import normal_email
from local.database import database
from local.progress import say
from local.services.errors import StartError


def admin(words: Sequence[str]) -> int:
    """Raises StartError for words that are none."""
    match list(words):
        case ["grant" | "revoke" as act, email]:
            with database() as found:
                return _set(found.owner_url, normal_email(email), admin=act == "grant")
        case _:
            raise StartError("admin grants or revokes", "./dev admin grant ada@example.com")


def _set(url: str, email: str, *, admin: bool) -> int:
    if not set_admin(url, email, admin=admin):
        say(f"Nobody is registered as {email}.")
        return 1
    word = "an administrator" if admin else "no administrator any more"
    say(f"{email} is {word}: their sessions are ended, and the next log-in knows it.")
    return 0
