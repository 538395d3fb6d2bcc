"""The use cases of accounts, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.accounts.cash_moves import CashMoves
    from hub.application.accounts.close_account import CloseAccount
    from hub.application.accounts.deposit_cash import DepositCash
    from hub.application.accounts.get_account import GetAccount
    from hub.application.accounts.get_balance import GetBalance
    from hub.application.accounts.get_portfolio_history import GetPortfolioHistory
    from hub.application.accounts.get_portfolio_summary import GetPortfolioSummary
    from hub.application.accounts.get_proof import GetProof
    from hub.application.accounts.list_accounts import ListAccounts
    from hub.application.accounts.list_activities import ListActivities
    from hub.application.accounts.list_ledger import ListLedger
    from hub.application.accounts.list_lots import ListLots
    from hub.application.accounts.list_positions import ListPositions
    from hub.application.accounts.mark_accounts import MarkAccounts
    from hub.application.accounts.open_account import OpenAccount
    from hub.application.accounts.rename_account import RenameAccount
    from hub.application.accounts.valuing import Valuing
    from hub.application.accounts.withdraw_cash import WithdrawCash


class AccountUseCases(Parts):
    """See the use cases of the same names."""

    @cached_property
    def list_accounts(self) -> "ListAccounts":
        from hub.application.accounts.list_accounts import ListAccounts

        return ListAccounts(self.accounts)

    @cached_property
    def open_account(self) -> "OpenAccount":
        from hub.application.accounts.open_account import OpenAccount

        return OpenAccount(self.accounts, self.clock, self.ids)

    @cached_property
    def get_account(self) -> "GetAccount":
        from hub.application.accounts.get_account import GetAccount

        return GetAccount(self.accounts)

    @cached_property
    def rename_account(self) -> "RenameAccount":
        from hub.application.accounts.rename_account import RenameAccount

        return RenameAccount(self.accounts_at_work, self.accounts, self.clock)

    @cached_property
    def close_account(self) -> "CloseAccount":
        from hub.application.accounts.close_account import CloseAccount

        return CloseAccount(
            self.accounts_at_work, self.accounts, self.orders, self.clock, self.ids, self.relay
        )

    @cached_property
    def _cash_moves(self) -> "CashMoves":
        from hub.application.accounts.cash_moves import CashMoves

        return CashMoves(self.accounts_at_work, self.accounts, self.clock, self.ids, self.relay)

    @cached_property
    def deposit_cash(self) -> "DepositCash":
        from hub.application.accounts.deposit_cash import DepositCash

        return DepositCash(self._cash_moves)

    @cached_property
    def withdraw_cash(self) -> "WithdrawCash":
        from hub.application.accounts.withdraw_cash import WithdrawCash

        return WithdrawCash(self._cash_moves)

    @cached_property
    def list_activities(self) -> "ListActivities":
        from hub.application.accounts.list_activities import ListActivities

        return ListActivities(self.accounts)

    @cached_property
    def list_ledger(self) -> "ListLedger":
        from hub.application.accounts.list_ledger import ListLedger

        return ListLedger(self.accounts)

    @cached_property
    def get_balance(self) -> "GetBalance":
        from hub.application.accounts.get_balance import GetBalance

        return GetBalance(self.accounts)

    @cached_property
    def get_proof(self) -> "GetProof":
        from hub.adapters.postgres.proofs import PostgresProofs
        from hub.application.accounts.get_proof import GetProof

        return GetProof(self.accounts, PostgresProofs(self.database))

    @cached_property
    def list_positions(self) -> "ListPositions":
        from hub.application.accounts.list_positions import ListPositions

        return ListPositions(self.accounts, self.portfolios, self._valuing)

    @cached_property
    def list_lots(self) -> "ListLots":
        from hub.application.accounts.list_lots import ListLots

        return ListLots(self.accounts, self.portfolios, self._valuing)

    @cached_property
    def get_portfolio_history(self) -> "GetPortfolioHistory":
        from hub.application.accounts.get_portfolio_history import GetPortfolioHistory

        return GetPortfolioHistory(self.accounts, self.marks, self.market_data, self.clock)

    @cached_property
    def mark_accounts(self) -> "MarkAccounts":
        from hub.application.accounts.mark_accounts import MarkAccounts

        return MarkAccounts(self.marks, self.market_data, self.calendars, self.clock)

    @cached_property
    def _valuing(self) -> "Valuing":
        from hub.application.accounts.valuing import Valuing

        return Valuing(self.market_data, self.clock)

    @cached_property
    def get_portfolio_summary(self) -> "GetPortfolioSummary":
        from hub.application.accounts.get_portfolio_summary import GetPortfolioSummary

        return GetPortfolioSummary(self.portfolios, self._valuing)
