"""Put paper cash into an account, once per key."""

from dataclasses import dataclass

from hub.application.accounts.cash_moves import CashCommand, CashMoves, Moved, Movement
from hub.domain.accounts.balance import Balance

DEPOSIT = Movement("deposit", "CashDeposited", "deposited", Balance.deposit)


@dataclass(frozen=True, slots=True)
class DepositCash:
    moves: CashMoves

    def __call__(self, command: CashCommand) -> Moved:
        """Raises as CashMoves does, and RejectedError for more than an account may hold."""
        return self.moves(DEPOSIT, command)
