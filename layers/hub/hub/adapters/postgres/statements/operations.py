"""What administrators do, on record."""

from sqlalchemy import Insert, insert

from hub.adapters.postgres.statements.parts import given
from hub.adapters.postgres.tables import admin_actions


def record_admin_action() -> Insert:
    return insert(admin_actions).values(
        {each.name: given(each.name, each) for each in admin_actions.c}
    )
