"""The use cases of accounts, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.accounts.deposit_cash import DepositCash
    from hub.application.accounts.get_balance import GetBalance
    from hub.application.accounts.get_portfolio_summary import GetPortfolioSummary
    from hub.application.accounts.get_proof import GetProof
    from hub.application.accounts.list_accounts import ListAccounts
    from hub.application.accounts.list_positions import ListPositions


class AccountUseCases(Parts):
    """See the use cases of the same names."""

    @cached_property
    def list_accounts(self) -> "ListAccounts":
        from hub.application.accounts.list_accounts import ListAccounts

        return ListAccounts(self.accounts)

    @cached_property
    def deposit_cash(self) -> "DepositCash":
        from hub.application.accounts.deposit_cash import DepositCash

        return DepositCash(self.accounts_at_work, self.accounts, self.clock, self.ids, self.relay)

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

        return ListPositions(self.accounts, self.market_data, self.clock)

    @cached_property
    def get_portfolio_summary(self) -> "GetPortfolioSummary":
        from hub.application.accounts.get_portfolio_summary import GetPortfolioSummary

        return GetPortfolioSummary(self.accounts, self.market_data, self.clock)
