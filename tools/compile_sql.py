"""Compiles the statements of the PostgreSQL adapter to plain SQL text, once.

python -m tools.compile_sql            rewrite the module
python -m tools.compile_sql --check    fail where it differs
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from hub.adapters.postgres import compiled
from hub.adapters.postgres.statements import (
    accounts,
    api_keys,
    attempts,
    books,
    cancel,
    identity,
    key_duties,
    ledgers,
    market,
    marks,
    notifications,
    one_time_tokens,
    operations,
    order_queries,
    people,
    place,
    portfolios,
    proofs,
    queries,
    reconciliation,
    recoveries,
    remains,
    second_factors,
    settlement,
    streaming,
    watchlists,
)

STATEMENTS: tuple[Callable[[], Any], ...] = (
    place.place_buy,
    place.place_sell,
    cancel.cancel_order,
    books.lock_accounts,
    books.lock_quotes,
    books.load_books,
    books.write_books,
    order_queries.find_order,
    order_queries.find_submitted,
    order_queries.list_history,
    order_queries.list_timeline,
    order_queries.find_fill,
    order_queries.list_queued,
    order_queries.list_resting,
    order_queries.list_expired,
    order_queries.list_open,
    order_queries.list_routed,
    order_queries.list_groups,
    order_queries.forget_quotes,
    order_queries.list_fees,
    order_queries.save_marks,
    queries.list_accounts,
    accounts.open_account,
    accounts.rename_account,
    accounts.close_account,
    accounts.reset_account,
    accounts.find_movement,
    ledgers.list_activities,
    ledgers.list_ledger,
    marks.list_unmarked,
    marks.add_marks,
    marks.list_marks,
    portfolios.load_portfolio,
    portfolios.page_positions,
    portfolios.walk_lots,
    queries.list_positions,
    queries.list_instruments,
    queries.list_sessions,
    queries.find_market_clock,
    queries.list_last_closes,
    market.search_instruments,
    market.list_trading_days,
    market.list_daily_bars,
    market.list_actions,
    identity.find_known_by_index,
    identity.find_known_by_id,
    identity.find_sealed_email,
    key_duties.list_keys_to_shred,
    key_duties.forget_key_to_shred,
    key_duties.list_keys_wrapped_otherwise,
    key_duties.note_wrapped_key,
    identity.find_user_by_id,
    identity.register_customer,
    identity.rehash_password,
    identity.change_password,
    identity.open_session,
    identity.rotate_refresh_token,
    identity.find_live_session,
    identity.list_sessions_of_user,
    identity.end_session,
    identity.end_sessions,
    people.find_person,
    people.list_all_sessions,
    people.erase_person,
    second_factors.begin_second_factor,
    second_factors.find_second_factor,
    second_factors.confirm_second_factor,
    second_factors.take_step,
    second_factors.take_recovery_code,
    second_factors.remove_second_factor,
    one_time_tokens.create_one_time_token,
    one_time_tokens.find_owner_of_token,
    one_time_tokens.reset_password,
    one_time_tokens.verify_email,
    api_keys.create_api_key,
    api_keys.list_api_keys,
    api_keys.revoke_api_key,
    api_keys.list_live_api_keys,
    api_keys.use_api_key,
    attempts.lock_attempts,
    attempts.count_attempts,
    attempts.uncount_attempts,
    remains.prune_identity,
    operations.record_admin_action,
    operations.find_backlog,
    proofs.find_audit_head,
    proofs.list_ledger_totals,
    proofs.list_moved_heads,
    settlement.is_anything_due,
    settlement.list_due_ranges,
    settlement.list_due_accounts,
    settlement.list_owed,
    settlement.list_trades,
    settlement.list_held,
    settlement.write_settlement,
    settlement.list_settlements,
    settlement.list_violations,
    recoveries.find_any_order,
    recoveries.find_recovery,
    recoveries.list_troubled,
    recoveries.begin_recovery,
    recoveries.plan_retry,
    recoveries.ask_person,
    recoveries.renew_task_token,
    recoveries.end_recovery,
    reconciliation.list_executed,
    reconciliation.list_cash_moved,
    reconciliation.list_held_after,
    reconciliation.list_traded_until,
    reconciliation.count_executed,
    reconciliation.list_reconciled,
    reconciliation.record_reconciliation,
    reconciliation.list_reconciliations,
    reconciliation.list_breaks,
    watchlists.create_watchlist,
    watchlists.list_watchlists,
    watchlists.find_watchlist,
    watchlists.find_shared_watchlist,
    watchlists.lock_watchlist,
    watchlists.clear_watchlist,
    watchlists.write_watchlist,
    watchlists.link_watchlist,
    watchlists.delete_watchlist,
    queries.list_unsent,
    queries.find_message,
    queries.forget_messages,
    streaming.find_log_head,
    streaming.list_events_after,
    streaming.list_events_of_places,
    streaming.open_connection,
    streaming.find_connection,
    streaming.renew_connection,
    streaming.close_connection,
    streaming.subscribe_account,
    streaming.unsubscribe_account,
    streaming.list_listening,
    streaming.lock_subscription,
    streaming.tell_subscription,
    streaming.list_expired_connections,
    notifications.find_preferences,
    notifications.replace_preferences,
    notifications.begin_notification_cursor,
    notifications.lock_notification_cursor,
    notifications.count_lately_of_account,
    notifications.list_order_news,
    notifications.plan_notifications,
    notifications.list_due_recipients,
    notifications.claim_notifications,
    notifications.end_notifications,
    notifications.postpone_notifications,
    notifications.prune_notifications,
)

HEAD = '''"""The statements as PostgreSQL gets them. Generated by tools/compile_sql.py."""
'''


def sql_of(statement: ClauseElement) -> str:
    """The statement's text; every parameter is named `b_...`, or the build is wrong."""
    result = statement.compile(dialect=PGDialect_psycopg())  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    strangers = [name for name in result.params if not name.startswith("b_")]
    if strangers:
        raise ValueError(f"parameters that nobody named: {strangers}")
    return re.sub(r" +\n", "\n", str(result))


def module() -> str:
    return HEAD + "".join(
        f'\n{build.__name__.upper()} = """\n{sql_of(build())}\n"""\n' for build in STATEMENTS
    )


def main() -> int:
    target = Path(compiled.__file__)
    text = module()
    if "--check" in sys.argv:
        return 0 if target.read_text() == text else 1
    target.write_text(text)
    print(f"{len(STATEMENTS)} statements written to {target.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
