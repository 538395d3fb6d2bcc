"""Show a customer's accounts."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports.accounts import Accounts, AccountSummary
from hub.domain.kernel import AccountId, CustomerId, NotFoundError


@dataclass(frozen=True, slots=True)
class ListAccounts:
    accounts: Accounts

    def __call__(self, customer_id: CustomerId) -> Sequence[AccountSummary]:
        return self.accounts.of(customer_id)


def own_accounts(
    accounts: Accounts, customer_id: CustomerId, account_id: AccountId | None
) -> Sequence[AccountSummary]:
    """The customer's accounts, or one of them. Raises NotFoundError, also for another's."""
    found = accounts.of(customer_id, account_id)
    if not found:
        raise NotFoundError("there is no such account")
    return found
