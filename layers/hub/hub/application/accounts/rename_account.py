"""Give an account another name."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.accounts.list_accounts import own_accounts, own_open_account
from hub.application.books import Cause
from hub.application.ports.accounts import Accounts, AccountSummary
from hub.application.ports.orders import AccountsAtWork
from hub.application.ports.system import Clock
from hub.domain.kernel import AccountId, CustomerId


class RenameAccountCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId
    name: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class RenameAccount:
    accounts_at_work: AccountsAtWork
    accounts: Accounts
    clock: Clock

    def __call__(self, command: RenameAccountCommand) -> AccountSummary:
        """Raises NotFoundError, also for another's account, and AccountClosedError."""
        customer_id, account_id, name, trace_id = command
        own_accounts(self.accounts, customer_id, account_id)
        with self.accounts_at_work.open([account_id], []) as books:
            before = own_open_account(self.accounts, customer_id, account_id)
            if before.name != name:
                self.accounts.rename(account_id, name)
                account = books.accounts[account_id]
                cause = Cause(customer_id, "renamed", self.clock.now(), None, trace_id)
                # What a customer calls it is theirs to have forgotten, and records are for ever.
                books.record(account, "AccountRenamed", cause, {})
                books.audit(account, cause, {})
        return before._replace(name=name)
