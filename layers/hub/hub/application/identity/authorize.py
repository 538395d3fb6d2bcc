"""Who a credential speaks for: an access token, or an API key."""

from dataclasses import dataclass

from hub.application.ports.identity import ApiKeys, Identity, Tokens
from hub.application.ports.system import Clock
from hub.domain.identity.api_keys import is_key
from hub.domain.identity.sessions import token_hash
from hub.domain.kernel import UnauthenticatedError


@dataclass(frozen=True, slots=True)
class Authorize:
    tokens: Tokens
    api_keys: ApiKeys
    clock: Clock

    def __call__(self, credential: str) -> Identity:
        """Raises UnauthenticatedError."""
        if not is_key(credential):
            return self.tokens.verify(credential)
        key = self.api_keys.use(token_hash(credential), self.clock.now())
        if key is None:
            raise UnauthenticatedError("the key is not valid", code="bad_key")
        return Identity(key.customer_id, key.key_id, key.scope, key.expires_at, key.account_id)
