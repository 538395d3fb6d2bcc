"""The use cases of settlement, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.ports.settlement import SettlementRuns, Settlements, SettlementsAtWork
    from hub.application.settlement.find_due_accounts import FindDueAccounts
    from hub.application.settlement.finish_settlement import FinishSettlement
    from hub.application.settlement.list_good_faith_violations import ListGoodFaithViolations
    from hub.application.settlement.list_settlements import ListSettlements
    from hub.application.settlement.market_day import MarketDays
    from hub.application.settlement.run_settlement import RunSettlement
    from hub.application.settlement.settle_accounts import SettleAccounts
    from hub.application.settlement.settle_trades import SettleTrades


class SettlementUseCases(Parts):
    """See the use cases of the same names."""

    @cached_property
    def settlements(self) -> "Settlements":
        from hub.adapters.postgres.settlement import PostgresSettlements

        return PostgresSettlements(self.database)

    @cached_property
    def settlements_at_work(self) -> "SettlementsAtWork":
        from hub.adapters.postgres.settlement import PostgresSettlementsAtWork

        return PostgresSettlementsAtWork(self.database)

    @cached_property
    def settlement_runs(self) -> "SettlementRuns":
        from hub.adapters.aws.settlement_runs import StepFunctionsSettlementRuns

        states = self._aws("states", "states", "AWSStepFunctions")
        return StepFunctionsSettlementRuns(states, self.settings.settle_trades_arn)

    @cached_property
    def market_days(self) -> "MarketDays":
        from hub.application.settlement.market_day import MarketDays

        return MarketDays(self.market_data, self.calendars, self.clock)

    @cached_property
    def settle_trades(self) -> "SettleTrades":
        from hub.application.settlement.settle_trades import SettleTrades

        return SettleTrades(self.settlements, self.market_days, self.settlement_runs)

    @cached_property
    def run_settlement(self) -> "RunSettlement":
        from hub.application.settlement.run_settlement import RunSettlement

        return RunSettlement(self.market_days, self.settlement_runs, self.admin_record)

    @cached_property
    def find_due_accounts(self) -> "FindDueAccounts":
        from hub.application.settlement.find_due_accounts import FindDueAccounts

        return FindDueAccounts(self.settlements)

    @cached_property
    def settle_accounts(self) -> "SettleAccounts":
        from hub.application.settlement.settle_accounts import SettleAccounts

        return SettleAccounts(
            self.settlements, self.settlements_at_work, self.clock, self.ids, self.relay
        )

    @cached_property
    def finish_settlement(self) -> "FinishSettlement":
        from hub.application.alarms import Alarms
        from hub.application.settlement.finish_settlement import FinishSettlement

        return FinishSettlement(Alarms(self.publisher, self.ids))

    @cached_property
    def list_settlements(self) -> "ListSettlements":
        from hub.application.settlement.list_settlements import ListSettlements

        return ListSettlements(self.settlements, self.accounts)

    @cached_property
    def list_good_faith_violations(self) -> "ListGoodFaithViolations":
        from hub.application.settlement.list_good_faith_violations import ListGoodFaithViolations

        return ListGoodFaithViolations(self.settlements, self.accounts)
