"""Make a key for programs that act on one account. It is shown once, and stored as a hash."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from hub.application.ports.identity import ApiKey, ApiKeys, NewApiKey
from hub.application.ports.system import Clock, Ids, Secrets
from hub.domain.identity.api_keys import MOST_KEYS, KeyScope, key_text
from hub.domain.identity.sessions import token_hash
from hub.domain.kernel import AccountId, CustomerId, NotFoundError, RejectedError


class CreateApiKeyCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId
    name: str
    scope: KeyScope
    life: timedelta


class CreatedApiKey(NamedTuple):
    key: ApiKey
    text: str


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    api_keys: ApiKeys
    clock: Clock
    ids: Ids
    secrets: Secrets

    def __call__(self, command: CreateApiKeyCommand) -> CreatedApiKey:
        """Raises NotFoundError, also for another's account, and RejectedError for too many keys."""
        now, text = self.clock.now(), key_text(self.secrets.token())
        new = NewApiKey(
            self.ids.new(),
            command.customer_id,
            command.account_id,
            command.name,
            command.scope,
            token_hash(text),
            now,
            now + command.life,
        )
        found, created = self.api_keys.create(new, MOST_KEYS)
        if not found:
            raise NotFoundError("there is no such account")
        if not created:
            raise RejectedError(f"an account has at most {MOST_KEYS} keys", code="too_many_keys")
        shown = ApiKey(new.key_id, new.name, new.scope, new.created_at, new.expires_at, None)
        return CreatedApiKey(shown, text)
