"""Open one more paper account, once per key."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID, uuid5

from hub.application.accounts.list_accounts import own_accounts
from hub.application.books import Cause, audit_payload
from hub.application.ports.accounts import Accounts, AccountSummary, NewAccount
from hub.application.ports.system import Clock, Ids
from hub.domain.kernel import AccountId, ConflictError, CustomerId, RejectedError

MOST_ACCOUNTS = 20


class OpenAccountCommand(NamedTuple):
    customer_id: CustomerId
    name: str
    idempotency_key: str | None
    trace_id: str


@dataclass(frozen=True, slots=True)
class OpenAccount:
    accounts: Accounts
    clock: Clock
    ids: Ids

    def __call__(self, command: OpenAccountCommand) -> AccountSummary:
        """Raises RejectedError for too many accounts, and ConflictError for a key that was used
        for an account of another name."""
        account_id = self._account_id(command)
        cause = Cause(command.customer_id, "opened", self.clock.now(), None, command.trace_id)
        payload = audit_payload(cause, {"account_id": account_id})
        new = NewAccount(account_id, command.customer_id, command.name, cause, payload)
        opened, repeated = self.accounts.open(new, MOST_ACCOUNTS)
        if not opened and not repeated:
            message = f"a customer has at most {MOST_ACCOUNTS} open accounts"
            raise RejectedError(message, code="too_many_accounts")
        (account,) = own_accounts(self.accounts, command.customer_id, account_id)
        if repeated and account.name != command.name:
            raise ConflictError("this key was used for another account", code="key_reused")
        return account

    def _account_id(self, command: OpenAccountCommand) -> AccountId:
        if command.idempotency_key is None:
            return AccountId(self.ids.new())
        return AccountId(str(uuid5(UUID(command.customer_id), command.idempotency_key)))
