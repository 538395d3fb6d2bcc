"""Sell everything that a customer's account holds, each position for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.accounts.list_accounts import only_account, own_accounts
from hub.application.orders.close_position import ClosePosition, ClosePositionCommand
from hub.application.ports.accounts import Accounts
from hub.domain.kernel import AccountId, CustomerId, HubError, UnavailableError
from hub.domain.orders.order import Order


class CloseAllPositionsCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId | None
    cancel_orders: bool
    trace_id: str


class ClosingPosition(NamedTuple):
    """The order that sells the position, or why there is none."""

    symbol: str
    order: Order | None
    refusal: HubError | None


@dataclass(frozen=True, slots=True)
class CloseAllPositions:
    accounts: Accounts
    close_position: ClosePosition

    def __call__(self, command: CloseAllPositionsCommand) -> Sequence[ClosingPosition]:
        """What became of each position; one that is refused does not keep the others.

        Raises NotFoundError for an account that is not the customer's, and UnavailableError.
        """
        account_id = command.account_id or only_account(self.accounts, command.customer_id)
        own_accounts(self.accounts, command.customer_id, account_id)
        held = self.accounts.positions(command.customer_id, account_id)
        return [self._close(command, account_id, each.symbol) for each in held]

    def _close(
        self, command: CloseAllPositionsCommand, account_id: AccountId, symbol: str
    ) -> ClosingPosition:
        try:
            order = self.close_position(
                ClosePositionCommand(
                    command.customer_id,
                    account_id,
                    symbol,
                    None,
                    None,
                    command.cancel_orders,
                    None,
                    command.trace_id,
                )
            )
        except UnavailableError:
            raise
        except HubError as error:
            return ClosingPosition(symbol, None, error)
        return ClosingPosition(symbol, order, None)
