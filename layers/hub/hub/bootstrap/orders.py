"""The use cases of orders, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.orders.announce_orders import AnnounceOrders
    from hub.application.orders.cancel_order import CancelOrder
    from hub.application.orders.execute_orders import ExecuteOrders
    from hub.application.orders.expire_orders import ExpireOrders
    from hub.application.orders.get_order import GetOrder
    from hub.application.orders.get_order_timeline import GetOrderTimeline
    from hub.application.orders.list_order_history import ListOrderHistory
    from hub.application.orders.price_orders import PriceOrders
    from hub.application.orders.process_submitted import ProcessSubmitted
    from hub.application.orders.release_queued_orders import ReleaseQueuedOrders
    from hub.application.orders.submit_order import SubmitOrder
    from hub.application.orders.watch_resting_orders import WatchRestingOrders


class OrderUseCases(Parts):
    """See the use cases of the same names."""

    @cached_property
    def submit_order(self) -> "SubmitOrder":
        from hub.application.orders.submit_order import SubmitOrder
        from hub.domain.orders.entry_rules import EntryLimits

        return SubmitOrder(
            self.orders,
            self.accounts,
            self.instruments,
            self.market_data,
            self.calendars,
            self.clock,
            self.ids,
            self.relay,
            EntryLimits(self.settings.collar, self.settings.tolerance),
        )

    @cached_property
    def cancel_order(self) -> "CancelOrder":
        from hub.application.orders.cancel_order import CancelOrder

        return CancelOrder(self.orders, self.market_data, self.clock, self.ids, self.relay)

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
    def price_orders(self) -> "PriceOrders":
        from hub.application.orders.price_orders import PriceOrders

        return PriceOrders(self.market_data)

    @cached_property
    def execute_orders(self) -> "ExecuteOrders":
        from hub.application.orders.execute_orders import ExecuteOrders

        return ExecuteOrders(self.accounts_at_work, self.calendars, self.clock, self.ids)

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
    def release_queued_orders(self) -> "ReleaseQueuedOrders":
        from hub.application.orders.release_queued_orders import ReleaseQueuedOrders

        return ReleaseQueuedOrders(
            self.orders, self.market_data, self.calendars, self.clock, self.ids, self.publisher
        )

    @cached_property
    def watch_resting_orders(self) -> "WatchRestingOrders":
        from hub.application.orders.watch_resting_orders import WatchRestingOrders

        return WatchRestingOrders(self.orders, self.publisher, self.clock, self.ids)

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
        )
