"""Close an account that holds nothing any more; its history stays."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.accounts.list_accounts import own_accounts
from hub.application.books import Books, Cause, Destination, domain_event
from hub.application.ports.accounts import Accounts, AccountSummary
from hub.application.ports.orders import AccountsAtWork, OpenOrders, Orders
from hub.application.ports.system import Clock, Ids
from hub.application.relay import Relay, messages_of
from hub.domain.kernel import AccountId, CustomerId, Fault, RejectedError, plain


class CloseAccountCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId
    trace_id: str


class AccountNotFlatError(RejectedError):
    code = "account_not_flat"


@dataclass(frozen=True, slots=True)
class CloseAccount:
    accounts_at_work: AccountsAtWork
    accounts: Accounts
    orders: Orders
    clock: Clock
    ids: Ids
    relay: Relay

    def __call__(self, command: CloseAccountCommand) -> AccountSummary:
        """The account as it is from now on; one that is closed already stays so.

        Raises NotFoundError, also for another's account, and AccountNotFlatError, which names
        all that is in the way.
        """
        customer_id, account_id, _ = command
        own_accounts(self.accounts, customer_id, account_id)
        with self.accounts_at_work.open([account_id], []) as books:
            (account,) = own_accounts(self.accounts, customer_id, account_id)
            if account.closed_at is None:
                self._check_flat(customer_id, account)
                account = self._close(books, account, command)
        self.relay.send(messages_of(books))
        return account

    def _check_flat(self, customer_id: CustomerId, account: AccountSummary) -> None:
        faults = []
        if self.orders.open_orders(OpenOrders(customer_id, account.account_id), 1):
            faults.append(Fault("orders", "open", "there are open orders"))
        if self.accounts.positions(customer_id, account.account_id):
            faults.append(Fault("positions", "held", "there are positions"))
        if account.balance.total:
            left = plain(account.balance.total, 2)
            faults.append(Fault("cash", "left", f"there are {left} {account.currency}"))
        if faults:
            raise AccountNotFlatError("the account is not empty", faults=tuple(faults))

    def _close(
        self, books: Books, account: AccountSummary, command: CloseAccountCommand
    ) -> AccountSummary:
        now = self.clock.now()
        self.accounts.close(account.account_id, now)
        book = books.accounts[account.account_id]
        cause = Cause(command.customer_id, "closed", now, None, command.trace_id)
        books.record(book, "AccountClosed", cause, {})
        books.audit(book, cause, {})
        body = domain_event("AccountClosed", account.account_id, {})
        books.announce(book, self.ids.new(), Destination.BUS, body, now)
        return account._replace(closed_at=now)
