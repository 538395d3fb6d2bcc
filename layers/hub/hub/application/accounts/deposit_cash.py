"""Put paper cash into an account, once per key."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

from hub.application.books import Books, Cause, Destination, domain_event
from hub.application.ports.accounts import Accounts
from hub.application.ports.orders import AccountsAtWork
from hub.application.ports.system import Clock, Ids
from hub.application.relay import Relay, messages_of
from hub.domain.accounts.balance import Balance
from hub.domain.kernel import AccountId, ConflictError, CustomerId, NotFoundError, plain

KIND = "deposit"


class DepositCashCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId
    amount: Decimal
    idempotency_key: str | None
    trace_id: str


class Deposit(NamedTuple):
    deposit_id: str
    amount: Decimal
    balance: Balance


@dataclass(frozen=True, slots=True)
class DepositCash:
    accounts_at_work: AccountsAtWork
    accounts: Accounts
    clock: Clock
    ids: Ids
    relay: Relay

    def __call__(self, command: DepositCashCommand) -> Deposit:
        """Raises NotFoundError, also for another's account, ConflictError and RejectedError."""
        owned = self.accounts.of(command.customer_id, command.account_id)
        if not owned:
            raise NotFoundError("there is no such account")
        deposit_id = self._deposit_id(command)
        with self.accounts_at_work.open([command.account_id], []) as books:
            # Under the account's lock nobody else can be using the same key.
            earlier = self.accounts.deposit_of(command.account_id, deposit_id)
            if earlier is None:
                self._book(books, command, deposit_id)
            balance = books.accounts[command.account_id].balance
        if earlier is not None and earlier != command.amount:
            raise ConflictError("this key was used for another deposit", code="key_reused")
        self.relay.send(messages_of(books))
        return Deposit(deposit_id, command.amount, balance)

    def _deposit_id(self, command: DepositCashCommand) -> str:
        if command.idempotency_key is None:
            return self.ids.new()
        return str(uuid5(UUID(command.account_id), command.idempotency_key))

    def _book(self, books: Books, command: DepositCashCommand, deposit_id: str) -> None:
        account, now = books.accounts[command.account_id], self.clock.now()
        cause = Cause(command.customer_id, "deposited", now, None, command.trace_id)
        detail = {"deposit_id": deposit_id, "amount": plain(command.amount, 2)}
        balance, amounts = account.balance.deposit(command.amount)
        books.post(
            account,
            balance,
            amounts,
            transaction_id=self.ids.new(),
            kind=KIND,
            reference=deposit_id,
            at=now,
        )
        books.record(account, "CashDeposited", cause, detail)
        books.audit(account, cause, detail)
        body = domain_event("CashDeposited", account.account_id, detail)
        books.announce(account, self.ids.new(), Destination.BUS, body, now)
