"""The record of what administrators did, in PostgreSQL."""

import json
from dataclasses import dataclass

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.ports.operations import AdminAction


@dataclass(frozen=True, slots=True)
class PostgresAdminActions:
    database: Database

    def record(self, action: AdminAction) -> None:
        self.database.rows(
            compiled.RECORD_ADMIN_ACTION,
            {
                "b_action_id": action.action_id,
                "b_user_id": action.customer_id,
                "b_action": action.action,
                "b_detail": json.dumps(action.detail),
                "b_trace_id": action.trace_id,
                "b_at": action.at,
            },
        )
