"""`./dev admin grant|revoke EMAIL`: who may use the routes of administrators."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hub.adapters.aws.kms import KmsBlindIndex
from hub.adapters.postgres.admins import find_customer, set_admin
from hub.domain.identity.credentials import normal_email
from local.database import database
from local.kms import FILE, INDEX, KeyManagement, master_keys
from local.options import ROOT
from local.progress import say
from local.services.errors import StartError
from local.state import state_folder


def admin(words: Sequence[str]) -> int:
    """Raises StartError for words that are none."""
    match list(words):
        case ["grant" | "revoke" as act, email]:
            with database() as found:
                return _set(found.owner_url, email, admin=act == "grant")
        case _:
            raise StartError("admin grants or revokes", "./dev admin grant ada@example.com")


def _set(url: str, email: str, *, admin: bool) -> int:
    customer_id = find_customer(url, _index(normal_email(email)))
    if customer_id is None or not set_admin(url, customer_id, admin=admin):
        say(f"Nobody is registered as {email}.")
        return 1
    word = "an administrator" if admin else "no administrator any more"
    say(f"{email} is {word}: their sessions are ended, and the next log-in knows it.")
    return 0


class _OwnKms:
    """The platform's KMS, whether or not the platform runs."""

    def __init__(self, file: Path) -> None:
        self._twin = KeyManagement(master_keys(file))

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._twin.answer(action, body)


def _index(email: str) -> bytes:
    file = state_folder(ROOT) / FILE
    if not file.exists():
        raise StartError(
            f"addresses are found by keys, and {file} is not there",
            "HUB_STATE names the folder of the platform",
        )
    return KmsBlindIndex(_OwnKms(file), INDEX).of(email)
