"""Take cash out of an account, once per key: what has settled and is not reserved."""

from dataclasses import dataclass

from hub.application.accounts.cash_moves import CashCommand, CashMoves, Moved, Movement
from hub.domain.accounts.balance import Balance

WITHDRAWAL = Movement("withdrawal", "CashWithdrawn", "withdrew", Balance.withdraw)


@dataclass(frozen=True, slots=True)
class WithdrawCash:
    moves: CashMoves

    def __call__(self, command: CashCommand) -> Moved:
        """Raises as CashMoves does, and InsufficientWithdrawableError."""
        return self.moves(WITHDRAWAL, command)
