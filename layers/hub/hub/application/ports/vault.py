"""What is personal, sealed under a key of each customer's own, and found again without a name."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hub.domain.kernel import CustomerId


class Field(NamedTuple):
    """Where a value stands, and alone opens: `row` is the key of its row."""

    table: str
    column: str
    row: str


class Seal(Protocol):
    """Of one customer."""

    def close(self, field: Field, value: bytes) -> bytes: ...

    def mark(self, what: str, value: bytes) -> bytes:
        """The same for the same value of this customer, and nothing to who has not their key."""

    def open(self, field: Field, sealed: bytes) -> bytes:
        """Raises BrokenSealError for what was sealed elsewhere, or changed since."""


class BrokenSealError(Exception):
    """A sealed value is not what was written there. A defect, or somebody's work."""


class Vault(Protocol):
    def of(self, customer_id: CustomerId) -> Seal:
        """Raises UnauthenticatedError where the customer's key is destroyed."""


class NewKeys(Protocol):
    def make(self, customer_id: CustomerId) -> str:
        """The master that wraps the new key. Made twice, the first stays.

        Raises UnavailableError.
        """


class Shredding(Protocol):
    def shred(self, customer_id: CustomerId) -> None:
        """Destroy the customer's key, and with it whatever was sealed under it, wherever it lies.

        What is gone already stays gone. Raises UnavailableError.
        """


class Rewrapping(Protocol):
    @property
    def master(self) -> str:
        """The key that wraps customers' keys now."""

    def rewrap(self, customer_id: CustomerId) -> None:
        """Wrap the customer's key with it, if another did. A key that is destroyed stays so."""


class BlindIndex(Protocol):
    def of(self, email: str) -> bytes:
        """What a normal address is looked up by: nobody without the index's key can make it."""


class KeyDuties(Protocol):
    """What is still to be done to keys: each is noted before, and struck out after it is done.

    Lists are in the order of the ids, those after `after`.
    """

    def to_shred(self, after: CustomerId | None, most: int) -> Sequence[CustomerId]: ...

    def shredded(self, customer_id: CustomerId) -> None: ...

    def wrapped_otherwise(
        self, master: str, after: CustomerId | None, most: int
    ) -> Sequence[CustomerId]:
        """Whose keys another than this one wraps."""

    def wrapped(self, customer_id: CustomerId, master: str) -> None: ...
