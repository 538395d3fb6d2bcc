"""Show one account."""

from dataclasses import dataclass

from hub.application.accounts.list_accounts import own_accounts
from hub.application.ports.accounts import Accounts, AccountSummary
from hub.domain.kernel import AccountId, CustomerId


@dataclass(frozen=True, slots=True)
class GetAccount:
    accounts: Accounts

    def __call__(self, customer_id: CustomerId, account_id: AccountId) -> AccountSummary:
        """Raises NotFoundError, also for another customer's account."""
        return own_accounts(self.accounts, customer_id, account_id)[0]
