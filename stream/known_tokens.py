"""What a verifier said of a token holds until the token expires: many who come at once are verified
once each, however often they come back."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

from hub.application.ports.identity import Identity

MOST = 50_000


class KnownTokens:
    """Asks `verify` of each token once. Only the digest of a token is kept."""

    def __init__(self, verify: Callable[[str], Identity], most: int = MOST) -> None:
        self._verify = verify
        self._most = most
        self._known: dict[bytes, Identity] = {}

    def __call__(self, token: str) -> Identity:
        """Raises UnauthenticatedError."""
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._known.get(digest)
        if known is not None and known.expires_at > datetime.now(UTC):
            return known
        identity = self._verify(token)
        self._known[digest] = identity
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return identity
