"""The use cases of those who run the platform, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

import json
from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.operations.anchor_chains import AnchorChains
    from hub.application.operations.get_readiness import GetReadiness
    from hub.application.operations.sweep_outbox import SweepOutbox


class OperationsUseCases(Parts):
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
