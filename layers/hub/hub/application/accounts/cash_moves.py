"""What deposits and withdrawals share: cash that comes or goes, once per key."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

from hub.application.accounts.list_accounts import own_accounts, own_open_account
from hub.application.books import Books, Cause, Destination, domain_event
from hub.application.ports.accounts import Accounts
from hub.application.ports.orders import AccountsAtWork
from hub.application.ports.system import Clock, Ids
from hub.application.relay import Relay, messages_of
from hub.domain.accounts.balance import Amounts, Balance
from hub.domain.kernel import AccountId, ConflictError, CustomerId, plain


class Movement(NamedTuple):
    """A kind of movement: its word in the ledger, its event, and what it does to a balance."""

    kind: str
    event: str
    action: str
    move: Callable[[Balance, Decimal], tuple[Balance, Amounts]]


class CashCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId
    amount: Decimal
    idempotency_key: str | None
    trace_id: str


class Moved(NamedTuple):
    reference: str
    amount: Decimal
    balance: Balance


@dataclass(frozen=True, slots=True)
class CashMoves:
    accounts_at_work: AccountsAtWork
    accounts: Accounts
    clock: Clock
    ids: Ids
    relay: Relay

    def __call__(self, movement: Movement, command: CashCommand) -> Moved:
        """Raises NotFoundError, also for another's account, ConflictError, AccountClosedError,
        and what the movement raises."""
        own_accounts(self.accounts, command.customer_id, command.account_id)
        reference = self._reference(command)
        with self.accounts_at_work.open([command.account_id], []) as books:
            # Under the account's lock nobody else can be using the same key, or closing it.
            earlier = self.accounts.moved(command.account_id, movement.kind, reference)
            if earlier is None:
                own_open_account(self.accounts, command.customer_id, command.account_id)
                self._book(books, movement, command, reference)
            balance = books.accounts[command.account_id].balance
        if earlier is not None and earlier != command.amount:
            raise ConflictError(f"this key was used for another {movement.kind}", code="key_reused")
        self.relay.send(messages_of(books))
        return Moved(reference, command.amount, balance)

    def _reference(self, command: CashCommand) -> str:
        if command.idempotency_key is None:
            return self.ids.new()
        return str(uuid5(UUID(command.account_id), command.idempotency_key))

    def _book(self, books: Books, movement: Movement, command: CashCommand, reference: str) -> None:
        account, now = books.accounts[command.account_id], self.clock.now()
        cause = Cause(command.customer_id, movement.action, now, None, command.trace_id)
        detail = {f"{movement.kind}_id": reference, "amount": plain(command.amount, 2)}
        balance, amounts = movement.move(account.balance, command.amount)
        books.post(
            account,
            balance,
            amounts,
            transaction_id=self.ids.new(),
            kind=movement.kind,
            reference=reference,
            at=now,
        )
        books.record(account, movement.event, cause, detail)
        books.audit(account, cause, detail)
        body = domain_event(movement.event, account.account_id, detail)
        books.announce(account, self.ids.new(), Destination.BUS, body, now)
