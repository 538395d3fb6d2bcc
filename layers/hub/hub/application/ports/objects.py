"""Files that are written once: what the venue says of a day."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Stored(NamedTuple):
    """`tag` is of this very content."""

    content: bytes
    tag: str


class Objects(Protocol):
    """Raises UnavailableError wherever the store does not answer."""

    def put_new(self, key: str, content: bytes) -> bool:
        """False where there is one of that key already, which stays as it is."""

    def get(self, key: str) -> bytes | None: ...

    def keys(self, prefix: str) -> Sequence[str]:
        """In the order of their letters."""
