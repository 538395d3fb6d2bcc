"""Show a customer's accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.application.cursors import moment_cursor
from hub.application.ports.accounts import Accounts, AccountSummary
from hub.domain.kernel import (
    AccountId,
    CustomerId,
    Fault,
    InvalidInputError,
    NotFoundError,
    RejectedError,
)


class AccountPage(NamedTuple):
    accounts: Sequence[AccountSummary]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListAccounts:
    accounts: Accounts

    def __call__(
        self, customer_id: CustomerId, after: tuple[datetime, str] | None, limit: int
    ) -> AccountPage:
        """One page, oldest first, closed accounts too."""
        found = self.accounts.page(customer_id, after, limit + 1)
        page, more = found[:limit], len(found) > limit
        cursor = moment_cursor(page[-1].created_at, page[-1].account_id) if more else None
        return AccountPage(page, cursor)


class AccountClosedError(RejectedError):
    code = "account_closed"


def own_open_account(
    accounts: Accounts, customer_id: CustomerId, account_id: AccountId
) -> AccountSummary:
    """The customer's account. Raises NotFoundError, and AccountClosedError."""
    (account,) = own_accounts(accounts, customer_id, account_id)
    if account.closed_at is not None:
        raise AccountClosedError("the account is closed")
    return account


def own_accounts(
    accounts: Accounts, customer_id: CustomerId, account_id: AccountId | None
) -> Sequence[AccountSummary]:
    """The customer's accounts, or one of them. Raises NotFoundError, also for another's."""
    found = accounts.of(customer_id, account_id)
    if not found:
        raise NotFoundError("there is no such account")
    return found


def only_account(accounts: Accounts, customer_id: CustomerId) -> AccountId:
    """Raises InvalidInputError where the customer has to say which account is meant."""
    mine = accounts.open_ones(customer_id)
    if len(mine) != 1:
        fault = Fault("account_id", "required", "say which of your accounts is meant")
        raise InvalidInputError("the request names no account", faults=(fault,))
    return mine[0].account_id
