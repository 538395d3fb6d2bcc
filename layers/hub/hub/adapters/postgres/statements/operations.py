"""What administrators do, on record, and what they look at."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from hub.adapters.postgres.statements.parts import given, one_of, text_of
from hub.adapters.postgres.tables import admin_actions, orders, outbox
from hub.domain.orders.order import OPEN


def record_admin_action() -> Insert:
    """A statement whose answer is lost runs again: that is one action."""
    values = {each.name: given(each.name, each) for each in admin_actions.c}
    return insert(admin_actions).values(values).on_conflict_do_nothing()


def find_backlog() -> Select[Any]:
    """As `Backlog` has it."""
    undecided = orders.alias("undecided")
    living = orders.alias("living")
    return select(
        func.count(),
        func.min(outbox.c.created_at),
        select(func.min(undecided.c.created_at))
        .where(undecided.c.state == text_of("pending_new"))
        .scalar_subquery(),
        select(func.min(living.c.created_at))
        .where(one_of(living.c.state, tuple(sorted(OPEN))))
        .scalar_subquery(),
    ).select_from(outbox)
