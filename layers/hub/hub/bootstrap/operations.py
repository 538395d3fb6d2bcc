"""The use cases of those who run the platform, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

import json
from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.orders import OrderUseCases

if TYPE_CHECKING:
    from hub.application.operations.anchor_chains import AnchorChains
    from hub.application.operations.cancel_stuck_order import CancelStuckOrder
    from hub.application.operations.deciding import Deciding
    from hub.application.operations.fill_order import FillOrder
    from hub.application.operations.get_detailed_health import GetDetailedHealth
    from hub.application.operations.get_readiness import GetReadiness
    from hub.application.operations.list_machine_runs import ListMachineRuns
    from hub.application.operations.list_queues import ListQueues
    from hub.application.operations.list_troubled_orders import ListTroubledOrders
    from hub.application.operations.redrive_queue import RedriveQueue
    from hub.application.operations.reject_order import RejectOrder
    from hub.application.operations.reprocess_order import ReprocessOrder
    from hub.application.operations.sweep_outbox import SweepOutbox
    from hub.application.ports.operations import QueueAges, Queues, Redrives, Vitals


class OperationsUseCases(OrderUseCases):
    """See the use cases of the same names."""

    @cached_property
    def sweep_outbox(self) -> "SweepOutbox":
        from hub.application.operations.sweep_outbox import SweepOutbox

        return SweepOutbox(self.relay, self.outbox, self.clock)

    @cached_property
    def anchor_chains(self) -> "AnchorChains":
        from hub.adapters.postgres.proofs import PostgresAuditHeads
        from hub.application.operations.anchor_chains import AnchorChains

        return AnchorChains(PostgresAuditHeads(self.database), self.objects, self.clock)

    def migrate(self) -> str:
        """Bring the database to the newest revision, as its owner, and say which that is."""
        from hub.adapters.aws.secrets import secret_text
        from hub.adapters.postgres.migrations.upgrade import upgrade

        password = None
        if self.settings.migration_secret:
            vault = self._aws("secretsmanager", "secretsmanager", "secretsmanager")
            password = json.loads(secret_text(vault, self.settings.migration_secret))["password"]
        return upgrade(self.settings.migration_database_url, password=password)

    @cached_property
    def get_readiness(self) -> "GetReadiness":
        from hub.adapters.health import DependencyHealth
        from hub.application.operations.get_readiness import GetReadiness

        return GetReadiness(DependencyHealth(self.database, self.redis))

    @cached_property
    def queues(self) -> "Queues":
        from hub.adapters.aws.queues import SqsQueues

        return SqsQueues(self._aws("sqs", "sqs", "AmazonSQS"), self.settings.queue_urls)

    @cached_property
    def queue_ages(self) -> "QueueAges":
        from hub.adapters.aws.queue_ages import CloudWatchQueueAges

        cloudwatch = self._aws("monitoring", "monitoring", "GraniteServiceVersion20100801")
        return CloudWatchQueueAges(cloudwatch, self.settings.queue_urls, self.clock)

    @cached_property
    def redrives(self) -> "Redrives":
        from hub.adapters.aws.queues import SqsRedrives

        return SqsRedrives(self._aws("sqs", "sqs", "AmazonSQS"), self.settings.queue_urls)

    @cached_property
    def vitals(self) -> "Vitals":
        from hub.adapters.health import DependencyHealth
        from hub.adapters.vitals import PlatformVitals

        health = DependencyHealth(self.database, self.redis)
        return PlatformVitals(health, self.queues, self.database)

    @cached_property
    def get_detailed_health(self) -> "GetDetailedHealth":
        from hub.application.operations.get_detailed_health import GetDetailedHealth

        return GetDetailedHealth(self.vitals, self.market_data, self.clock)

    @cached_property
    def list_queues(self) -> "ListQueues":
        from hub.application.operations.list_queues import ListQueues

        return ListQueues(self.queues, self.queue_ages, self.admin_record)

    @cached_property
    def redrive_queue(self) -> "RedriveQueue":
        from hub.application.operations.redrive_queue import RedriveQueue

        return RedriveQueue(self.queues, self.redrives, self.admin_record)

    @cached_property
    def list_troubled_orders(self) -> "ListTroubledOrders":
        from hub.application.operations.list_troubled_orders import ListTroubledOrders

        return ListTroubledOrders(self.recoveries, self.market_data, self.admin_record, self.clock)

    @cached_property
    def list_machine_runs(self) -> "ListMachineRuns":
        from hub.application.operations.list_machine_runs import ListMachineRuns

        return ListMachineRuns(self.recoveries, self.recovery_runs, self.admin_record)

    @cached_property
    def deciding(self) -> "Deciding":
        from hub.application.operations.deciding import Deciding

        return Deciding(self.recovering, self.recovery_runs, self.admin_record)

    @cached_property
    def reprocess_order(self) -> "ReprocessOrder":
        from hub.application.operations.reprocess_order import ReprocessOrder

        return ReprocessOrder(self.deciding, self.publisher, self.ids)

    @cached_property
    def cancel_stuck_order(self) -> "CancelStuckOrder":
        from hub.application.operations.cancel_stuck_order import CancelStuckOrder

        return CancelStuckOrder(self.deciding)

    @cached_property
    def fill_order(self) -> "FillOrder":
        from hub.application.operations.fill_order import FillOrder

        return FillOrder(self.deciding, self.orders, self.ids)

    @cached_property
    def reject_order(self) -> "RejectOrder":
        from hub.application.operations.reject_order import RejectOrder

        return RejectOrder(self.deciding)
