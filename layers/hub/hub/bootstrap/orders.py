"""The use cases of orders, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.orders.announce_orders import AnnounceOrders
    from hub.application.orders.ask_operator import AskOperator
    from hub.application.orders.begin_recovery import BeginRecovery
    from hub.application.orders.cancel_all_orders import CancelAllOrders
    from hub.application.orders.cancel_order import CancelOrder
    from hub.application.orders.canceling import OrdersAtWork
    from hub.application.orders.close_all_positions import CloseAllPositions
    from hub.application.orders.close_position import ClosePosition
    from hub.application.orders.execute_orders import ExecuteOrders
    from hub.application.orders.expire_orders import ExpireOrders
    from hub.application.orders.follow_order import FollowOrder
    from hub.application.orders.follow_routed_orders import FollowRoutedOrders
    from hub.application.orders.get_order import GetOrder
    from hub.application.orders.get_order_timeline import GetOrderTimeline
    from hub.application.orders.intake import Intake, VenueTerms
    from hub.application.orders.list_order_history import ListOrderHistory
    from hub.application.orders.list_orders import ListOrders
    from hub.application.orders.plan_retry import PlanRetry
    from hub.application.orders.postpone_failed import PostponeFailed
    from hub.application.orders.preview_order import PreviewOrder
    from hub.application.orders.price_orders import PriceOrders
    from hub.application.orders.process_submitted import ProcessSubmitted
    from hub.application.orders.recovering import Recovering
    from hub.application.orders.release_queued_orders import ReleaseQueuedOrders
    from hub.application.orders.replace_order import ReplaceOrder
    from hub.application.orders.reset_account import ResetAccount
    from hub.application.orders.retry_order import RetryOrder
    from hub.application.orders.submit_order import SubmitOrder
    from hub.application.orders.watch_resting_orders import WatchRestingOrders
    from hub.application.ports.operations import Recoveries, RecoveryRuns
    from hub.application.ports.venue import RoutedOrders, Venue


class OrderUseCases(Parts):
    """See the use cases of the same names."""

    @cached_property
    def venue_terms(self) -> "VenueTerms":
        """Raises SettingsError."""
        from hub.application.orders.intake import VenueTerms
        from hub.domain.orders.entry_rules import EntryLimits
        from hub.domain.orders.venue import Liquidity, profile_of
        from hub.settings import SettingsError

        try:
            profile = profile_of(self.settings.venue)
        except ValueError as error:
            raise SettingsError(f"VENUE_PROFILE: {error}") from error
        outside = self.settings.venue_name != "paper"
        if outside:
            # What is shown there, that venue shares out.
            profile = profile._replace(liquidity=Liquidity.UNLIMITED)
        limits = EntryLimits(self.settings.collar, self.settings.tolerance)
        return VenueTerms(limits, profile, outside)

    @cached_property
    def orders_at_work(self) -> "OrdersAtWork":
        from hub.application.orders.canceling import OrdersAtWork

        return OrdersAtWork(
            self.accounts_at_work,
            self.market_data,
            self.calendars,
            self.fees,
            self.clock,
            self.ids,
            self.relay,
            self.venue_terms,
        )

    @cached_property
    def routed_orders(self) -> "RoutedOrders":
        from hub.adapters.postgres.routed_orders import PostgresRoutedOrders

        return PostgresRoutedOrders(self.database)

    @cached_property
    def outside_venue(self) -> "Venue":
        from hub.adapters.alpaca.line import AlpacaLine, keys_in
        from hub.adapters.alpaca.venue import AlpacaVenue
        from hub.adapters.aws.secrets import secret_text

        vault = self._aws("secretsmanager", "secretsmanager", "secretsmanager")
        return AlpacaVenue(
            AlpacaLine(
                self.settings.venue_url,
                lambda: keys_in(secret_text(vault, self.settings.venue_secret)),
                self.clock,
            )
        )

    @cached_property
    def follow_order(self) -> "FollowOrder":
        from hub.application.orders.follow_order import FollowOrder

        return FollowOrder(self.routed_orders, self.outside_venue, self.orders_at_work)

    @cached_property
    def follow_routed_orders(self) -> "FollowRoutedOrders":
        from hub.application.orders.follow_routed_orders import FollowRoutedOrders

        return FollowRoutedOrders(self.routed_orders, self.outside_venue, self.ids, self.publisher)

    @cached_property
    def intake(self) -> "Intake":
        from hub.application.orders.intake import Intake

        return Intake(
            self.instruments,
            self.market_data,
            self.calendars,
            self.fees,
            self.clock,
            self.ids,
            self.venue_terms,
        )

    @cached_property
    def reset_account(self) -> "ResetAccount":
        from hub.application.orders.reset_account import ResetAccount

        return ResetAccount(self.accounts, self.orders, self.cancel_all_orders, self.orders_at_work)

    @cached_property
    def submit_order(self) -> "SubmitOrder":
        from hub.application.orders.submit_order import SubmitOrder

        return SubmitOrder(self.orders, self.accounts, self.intake, self.ids, self.relay)

    @cached_property
    def preview_order(self) -> "PreviewOrder":
        from hub.application.orders.preview_order import PreviewOrder

        return PreviewOrder(self.accounts, self.intake)

    @cached_property
    def cancel_order(self) -> "CancelOrder":
        from hub.application.orders.cancel_order import CancelOrder

        return CancelOrder(self.orders, self.orders_at_work, self.relay)

    @cached_property
    def cancel_all_orders(self) -> "CancelAllOrders":
        from hub.application.orders.cancel_all_orders import CancelAllOrders

        return CancelAllOrders(self.orders, self.accounts, self.orders_at_work)

    @cached_property
    def replace_order(self) -> "ReplaceOrder":
        from hub.application.orders.replace_order import ReplaceOrder

        return ReplaceOrder(self.orders, self.orders_at_work)

    @cached_property
    def close_position(self) -> "ClosePosition":
        from hub.application.orders.close_position import ClosePosition

        return ClosePosition(self.accounts, self.cancel_all_orders, self.submit_order)

    @cached_property
    def close_all_positions(self) -> "CloseAllPositions":
        from hub.application.orders.close_all_positions import CloseAllPositions

        return CloseAllPositions(self.accounts, self.close_position)

    @cached_property
    def get_order(self) -> "GetOrder":
        from hub.application.orders.get_order import GetOrder

        return GetOrder(self.orders)

    @cached_property
    def get_order_timeline(self) -> "GetOrderTimeline":
        from hub.application.orders.get_order_timeline import GetOrderTimeline

        return GetOrderTimeline(self.orders)

    @cached_property
    def list_order_history(self) -> "ListOrderHistory":
        from hub.application.orders.list_order_history import ListOrderHistory

        return ListOrderHistory(self.orders, self.accounts)

    @cached_property
    def list_orders(self) -> "ListOrders":
        from hub.application.orders.list_orders import ListOrders

        return ListOrders(self.orders, self.list_order_history)

    @cached_property
    def price_orders(self) -> "PriceOrders":
        from hub.application.orders.price_orders import PriceOrders

        return PriceOrders(self.market_data)

    @cached_property
    def execute_orders(self) -> "ExecuteOrders":
        from hub.application.orders.execute_orders import ExecuteOrders

        return ExecuteOrders(
            self.accounts_at_work,
            self.calendars,
            self.fees,
            self.clock,
            self.ids,
            self.venue_terms,
        )

    @cached_property
    def announce_orders(self) -> "AnnounceOrders":
        from hub.application.orders.announce_orders import AnnounceOrders

        return AnnounceOrders(self.relay)

    @cached_property
    def process_submitted(self) -> "ProcessSubmitted":
        from hub.adapters.aws.workflow import StepFunctionsWorkflow
        from hub.application.orders.process_submitted import ProcessSubmitted

        states = self._aws("states", "sync-states", "AWSStepFunctions")
        return ProcessSubmitted(StepFunctionsWorkflow(states, self.settings.process_order_arn))

    @cached_property
    def postpone_failed(self) -> "PostponeFailed":
        from hub.adapters.aws.redeliveries import SqsRedeliveries
        from hub.application.orders.postpone_failed import PostponeFailed

        urls = (
            self.settings.orders_queue_url,
            self.settings.triggered_queue_url,
            self.settings.routed_queue_url,
        )
        return PostponeFailed(SqsRedeliveries(self._aws("sqs", "sqs", "AmazonSQS"), urls))

    @cached_property
    def release_queued_orders(self) -> "ReleaseQueuedOrders":
        from hub.application.orders.release_queued_orders import ReleaseQueuedOrders

        return ReleaseQueuedOrders(
            self.orders, self.market_data, self.calendars, self.clock, self.ids, self.publisher
        )

    @cached_property
    def watch_resting_orders(self) -> "WatchRestingOrders":
        from hub.application.orders.watch_resting_orders import WatchRestingOrders

        return WatchRestingOrders(
            self.orders,
            self.publisher,
            self.calendars,
            self.clock,
            self.ids,
            self.venue_terms.profile,
        )

    @cached_property
    def expire_orders(self) -> "ExpireOrders":
        from hub.application.orders.expire_orders import ExpireOrders

        return ExpireOrders(
            self.orders,
            self.market_data,
            self.accounts_at_work,
            self.calendars,
            self.clock,
            self.ids,
            self.relay,
            self.venue_terms,
        )

    @cached_property
    def recoveries(self) -> "Recoveries":
        from hub.adapters.postgres.recoveries import PostgresRecoveries

        return PostgresRecoveries(self.database)

    @cached_property
    def recovery_runs(self) -> "RecoveryRuns":
        from hub.adapters.aws.recovery_runs import StepFunctionsRecoveryRuns

        states = self._aws("states", "states", "AWSStepFunctions")
        return StepFunctionsRecoveryRuns(states, self.settings.recover_order_arn)

    @cached_property
    def recovering(self) -> "Recovering":
        from hub.application.orders.recovering import Recovering

        return Recovering(self.recoveries, self.orders_at_work)

    @cached_property
    def begin_recovery(self) -> "BeginRecovery":
        from hub.application.orders.begin_recovery import BeginRecovery

        return BeginRecovery(self.recovering, self.recovery_runs)

    @cached_property
    def plan_retry(self) -> "PlanRetry":
        from hub.application.orders.plan_retry import PlanRetry

        return PlanRetry(self.recovering)

    @cached_property
    def retry_order(self) -> "RetryOrder":
        from hub.application.orders.retry_order import RetryOrder

        return RetryOrder(
            self.recovering,
            self.price_orders,
            self.execute_orders,
            self.follow_order,
            self.relay,
        )

    @cached_property
    def ask_operator(self) -> "AskOperator":
        from hub.application.orders.ask_operator import AskOperator

        return AskOperator(self.recovering)
