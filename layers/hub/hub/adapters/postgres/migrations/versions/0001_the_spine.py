"""The tables of the spine: identity, accounts, market, orders, ledger, outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:  # as long as the tables are many
    op.create_table(
        "exchange_sessions",
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('regular', 'early_close', 'late_open')",
            name=op.f("ck_exchange_sessions_known_kind"),
        ),
        sa.CheckConstraint(
            "opens_at < closes_at", name=op.f("ck_exchange_sessions_opens_before_it_closes")
        ),
        sa.PrimaryKeyConstraint("exchange", "day", name=op.f("pk_exchange_sessions")),
    )
    op.create_table(
        "fee_schedule",
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=12), nullable=False),
        sa.Column("least", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("most", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("rounding", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "basis IN ('value', 'share', 'execution')", name=op.f("ck_fee_schedule_basis_known")
        ),
        sa.CheckConstraint(
            "rounding IN ('half_even', 'up', 'down')", name=op.f("ck_fee_schedule_rounding_known")
        ),
        sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f("ck_fee_schedule_side_known")),
        sa.CheckConstraint("least >= 0 AND least < 1e12", name=op.f("ck_fee_schedule_least_range")),
        sa.CheckConstraint("most >= 0 AND most < 1e12", name=op.f("ck_fee_schedule_most_range")),
        sa.CheckConstraint("places >= 0 AND places < 7", name=op.f("ck_fee_schedule_places_range")),
        sa.CheckConstraint("rate >= 0 AND rate < 1e12", name=op.f("ck_fee_schedule_rate_range")),
        sa.PrimaryKeyConstraint("market", "kind", "since", name=op.f("pk_fee_schedule")),
    )
    op.create_table(
        "instruments",
        sa.Column("instrument_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_instruments")),
    )
    op.create_table(
        "login_attempts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_attempts")),
    )
    op.create_table(
        "market_clock",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("market", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wall", sa.DateTime(timezone=True), nullable=False),
        sa.Column("speed", sa.Double(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("course", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_market_clock")),
    )
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"], unique=False)
    op.create_table(
        "quotes_taken",
        sa.Column("quote_id", sa.Text(), nullable=False),
        sa.Column("bought", sa.Numeric(precision=20, scale=9), nullable=False),
        sa.Column("sold", sa.Numeric(precision=20, scale=9), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("quote_id", name=op.f("pk_quotes_taken")),
    )
    op.create_index("ix_quotes_taken_taken_at", "quotes_taken", ["taken_at"], unique=False)
    op.create_table(
        "reconciliations",
        sa.Column("reconciliation_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("executions", sa.Integer(), nullable=False),
        sa.Column("breaks", sa.Integer(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reconciliation_id", name=op.f("pk_reconciliations")),
        sa.UniqueConstraint(
            "venue",
            "day",
            "files",
            "executions",
            name=op.f("uq_reconciliations_venue_day_files_executions"),
        ),
    )
    op.create_table(
        "users",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("key_master", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("admin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(email_index IS NULL) = (email IS NULL) AND (email IS NULL) = (name IS NULL)",
            name=op.f("ck_users_whole_or_erased"),
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("email_index", name=op.f("uq_users_email_index")),
    )
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reset_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("reset_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("audit_sequence", sa.BigInteger(), nullable=False),
        sa.Column("audit_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('paper')", name=op.f("ck_accounts_kind_known")),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_accounts_user_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_user_id"), "accounts", ["user_id"], unique=False)
    op.create_table(
        "admin_actions",
        sa.Column("action_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_admin_actions_user_id")
        ),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_admin_actions")),
    )
    op.create_table(
        "corporate_actions",
        sa.Column("instrument_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ex_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("new_shares", sa.Integer(), nullable=True),
        sa.Column("old_shares", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.CheckConstraint(
            "kind = 'split' AND new_shares > 0 AND old_shares > 0 AND amount IS NULL OR kind = 'dividend' AND amount > 0 AND amount < 'Infinity' AND new_shares IS NULL AND old_shares IS NULL",
            name=op.f("ck_corporate_actions_terms_of_its_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.instrument_id"],
            name=op.f("fk_corporate_actions_instrument_id"),
        ),
        sa.PrimaryKeyConstraint(
            "instrument_id", "ex_day", "kind", name=op.f("pk_corporate_actions")
        ),
    )
    op.create_table(
        "daily_bars",
        sa.Column("instrument_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("open", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("high", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("low", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("close", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("adjusted_close", sa.Numeric(precision=24, scale=13), nullable=False),
        sa.Column("volume", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.instrument_id"],
            name=op.f("fk_daily_bars_instrument_id"),
        ),
        sa.PrimaryKeyConstraint("instrument_id", "day", name=op.f("pk_daily_bars")),
    )
    op.create_table(
        "instrument_symbols",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("instrument_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.instrument_id"],
            name=op.f("fk_instrument_symbols_instrument_id"),
        ),
        sa.PrimaryKeyConstraint("symbol", "valid_from", name=op.f("pk_instrument_symbols")),
    )
    op.create_index(
        "ix_instrument_symbols_current",
        "instrument_symbols",
        ["symbol"],
        unique=True,
        postgresql_where="valid_to IS NULL",
    )
    op.create_table(
        "keys_to_shred",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_keys_to_shred_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_keys_to_shred")),
    )
    op.create_table(
        "login_sessions",
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("agent", sa.LargeBinary(), nullable=True),
        sa.Column("device", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "ending IN ('logout', 'ended_by_customer', 'password_changed', 'erased', 'scope_changed', 'token_reused')",
            name=op.f("ck_login_sessions_ending_known"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_login_sessions_user_id")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_login_sessions")),
    )
    op.create_index(op.f("ix_login_sessions_user_id"), "login_sessions", ["user_id"], unique=False)
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quiet_begins", sa.Time(), nullable=True),
        sa.Column("quiet_ends", sa.Time(), nullable=True),
        sa.Column("daily_at", sa.Time(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "language IN ('en', 'pt')", name=op.f("ck_notification_preferences_language_known")
        ),
        sa.CheckConstraint(
            "(quiet_begins IS NULL) = (quiet_ends IS NULL)",
            name=op.f("ck_notification_preferences_quiet_hours_begin_and_end"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_notification_preferences_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_preferences")),
    )
    op.create_table(
        "notifications",
        sa.Column("notification_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bundled", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL)",
            name=op.f("ck_notifications_waits_until_it_ends"),
        ),
        sa.CheckConstraint(
            "channel IN ('email', 'sms')", name=op.f("ck_notifications_channel_known")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'failed')", name=op.f("ck_notifications_state_known")
        ),
        sa.CheckConstraint(
            "topic IN ('order_executed', 'order_partly_executed', 'order_failed', 'order_attention', 'security')",
            name=op.f("ck_notifications_topic_known"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_notifications_user_id")
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("event", "channel", name=op.f("uq_notifications_event_channel")),
    )
    op.create_index(
        "ix_notifications_due",
        "notifications",
        ["due_at", "user_id", "channel"],
        unique=False,
        postgresql_where="state = 'waiting'",
    )
    op.create_index(
        "ix_notifications_ended_at",
        "notifications",
        ["ended_at"],
        unique=False,
        postgresql_where="ended_at IS NOT NULL",
    )
    op.create_index(
        "ix_notifications_of_user",
        "notifications",
        ["user_id", "channel", "created_at"],
        unique=False,
    )
    op.create_table(
        "one_time_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('verify_email', 'reset_password')",
            name=op.f("ck_one_time_tokens_purpose_known"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_one_time_tokens_user_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_tokens")),
    )
    op.create_index(
        op.f("ix_one_time_tokens_user_id"), "one_time_tokens", ["user_id"], unique=False
    )
    op.create_table(
        "reconciliation_breaks",
        sa.Column("reconciliation_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('missing_ours', 'missing_theirs', 'quantity', 'price', 'cash', 'timing')",
            name=op.f("ck_reconciliation_breaks_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"],
            ["reconciliations.reconciliation_id"],
            name=op.f("fk_reconciliation_breaks_reconciliation_id"),
        ),
        sa.PrimaryKeyConstraint(
            "reconciliation_id", "number", name=op.f("pk_reconciliation_breaks")
        ),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_recovery_codes_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_second_factors_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "watchlists",
        sa.Column("watchlist_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_watchlists_user_id")),
        sa.PrimaryKeyConstraint("watchlist_id", name=op.f("pk_watchlists")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_watchlists_link_hash")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_watchlists_user_id_name")),
    )
    op.create_table(
        "account_events",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("state_before", sa.Text(), nullable=True),
        sa.Column("state_after", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("market_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_account_events_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "sequence", name=op.f("pk_account_events")),
    )
    op.create_index(
        "ix_account_events_order",
        "account_events",
        ["order_id"],
        unique=False,
        postgresql_where="order_id IS NOT NULL",
    )
    op.create_table(
        "account_limits",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("max_order_value", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("max_position_value", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("max_open_orders", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "max_open_orders >= 0 AND max_open_orders < 1e12",
            name=op.f("ck_account_limits_max_open_orders_range"),
        ),
        sa.CheckConstraint(
            "max_order_value > 0 AND max_order_value < 1e12",
            name=op.f("ck_account_limits_max_order_value_range"),
        ),
        sa.CheckConstraint(
            "max_position_value > 0 AND max_position_value < 1e12",
            name=op.f("ck_account_limits_max_position_value_range"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_account_limits_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_limits")),
    )
    op.create_table(
        "account_marks",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("equity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("deposited", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("market_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "deposited > -1e14 AND deposited < 1e14", name=op.f("ck_account_marks_deposited_range")
        ),
        sa.CheckConstraint(
            "equity >= 0 AND equity < 1e14", name=op.f("ck_account_marks_equity_range")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_account_marks_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_account_marks")),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("scope IN ('read', 'trade')", name=op.f("ck_api_keys_scope_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_api_keys_account_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_api_keys_user_id")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_keys_token_hash")),
    )
    op.create_index(op.f("ix_api_keys_account_id"), "api_keys", ["account_id"], unique=False)
    op.create_table(
        "audit_events",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_audit_events_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "sequence", name=op.f("pk_audit_events")),
    )
    op.create_table(
        "balances",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("settled", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unsettled", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint(
            "reserved >= 0 AND reserved < 1e12", name=op.f("ck_balances_reserved_range")
        ),
        sa.CheckConstraint(
            "settled + unsettled - reserved >= 0", name=op.f("ck_balances_available_not_negative")
        ),
        sa.CheckConstraint(
            "settled >= 0 AND settled < 1e12", name=op.f("ck_balances_settled_range")
        ),
        sa.CheckConstraint(
            "unsettled >= 0 AND unsettled < 1e12", name=op.f("ck_balances_unsettled_range")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_balances_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "currency", name=op.f("pk_balances")),
    )
    op.create_table(
        "ledger_transactions",
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_ledger_transactions_account_id")
        ),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_ledger_transactions")),
        sa.UniqueConstraint(
            "account_id",
            "kind",
            "reference",
            name=op.f("uq_ledger_transactions_account_id_kind_reference"),
        ),
    )
    op.create_index(
        "ix_ledger_transactions_pages",
        "ledger_transactions",
        ["account_id", "created_at", "transaction_id"],
        unique=False,
    )
    op.create_table(
        "notification_cursors",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_notification_cursors_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notification_cursors")),
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("time_in_force", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=9), nullable=False),
        sa.Column("limit_price", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("filled_quantity", sa.Numeric(precision=20, scale=9), nullable=False),
        sa.Column("filled_value", sa.Numeric(precision=38, scale=15), nullable=False),
        sa.Column("fills", sa.Integer(), nullable=False),
        sa.Column("reserved_cash", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("reserved_quantity", sa.Numeric(precision=20, scale=9), nullable=False),
        sa.Column("market_price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("market_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_price", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("trail_price", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("trail_percent", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("water_mark", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("triggered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notional", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("expire_date", sa.Date(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("works_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended_hours", sa.Boolean(), nullable=False),
        sa.Column("post_only", sa.Boolean(), nullable=False),
        sa.Column("order_class", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("leg", sa.Text(), nullable=True),
        sa.Column("replaces", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("replaced_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("fees", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("met_event", sa.Text(), nullable=True),
        sa.Column("routed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(order_class = 'simple') = (group_id IS NULL)",
            name=op.f("ck_orders_groups_have_more_than_one"),
        ),
        sa.CheckConstraint(
            "(type = 'trailing_stop') = (num_nonnulls(trail_price, trail_percent) = 1)",
            name=op.f("ck_orders_trail_has_its_distance"),
        ),
        sa.CheckConstraint(
            "(type IN ('limit', 'stop_limit')) = (limit_price IS NOT NULL)",
            name=op.f("ck_orders_limit_has_its_price"),
        ),
        sa.CheckConstraint(
            "(type IN ('stop', 'stop_limit', 'trailing_stop')) = (stop_price IS NOT NULL)",
            name=op.f("ck_orders_stop_has_its_price"),
        ),
        sa.CheckConstraint(
            "leg IN ('entry', 'take_profit', 'stop_loss')", name=op.f("ck_orders_leg_known")
        ),
        sa.CheckConstraint(
            "order_class IN ('simple', 'bracket', 'oco', 'oto')",
            name=op.f("ck_orders_order_class_known"),
        ),
        sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f("ck_orders_side_known")),
        sa.CheckConstraint(
            "state IN ('pending_new', 'accepted', 'held', 'new', 'partially_filled', 'pending_cancel', 'pending_replace', 'filled', 'canceled', 'expired', 'rejected', 'replaced')",
            name=op.f("ck_orders_state_known"),
        ),
        sa.CheckConstraint(
            "time_in_force IN ('day', 'gtc', 'ioc', 'fok', 'gtd', 'opg', 'cls')",
            name=op.f("ck_orders_time_in_force_known"),
        ),
        sa.CheckConstraint(
            "type IN ('market', 'limit', 'stop', 'stop_limit', 'trailing_stop')",
            name=op.f("ck_orders_type_known"),
        ),
        sa.CheckConstraint("fees >= 0 AND fees < 1e12", name=op.f("ck_orders_fees_range")),
        sa.CheckConstraint(
            "filled_quantity >= 0 AND filled_quantity <= quantity",
            name=op.f("ck_orders_filled_at_most_quantity"),
        ),
        sa.CheckConstraint(
            "limit_price > 0 AND limit_price < 1e12", name=op.f("ck_orders_limit_price_range")
        ),
        sa.CheckConstraint(
            "notional > 0 AND notional < 1e12", name=op.f("ck_orders_notional_range")
        ),
        sa.CheckConstraint(
            "quantity > 0 AND quantity < 1e11", name=op.f("ck_orders_quantity_range")
        ),
        sa.CheckConstraint(
            "reserved_cash >= 0 AND reserved_cash < 1e12",
            name=op.f("ck_orders_reserved_cash_range"),
        ),
        sa.CheckConstraint(
            "reserved_quantity >= 0 AND reserved_quantity <= quantity - filled_quantity",
            name=op.f("ck_orders_reserved_quantity_range"),
        ),
        sa.CheckConstraint(
            "stop_price > 0 AND stop_price < 1e12", name=op.f("ck_orders_stop_price_range")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_orders_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.instrument_id"], name=op.f("fk_orders_instrument_id")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "account_id", "client_order_id", name=op.f("uq_orders_account_id_client_order_id")
        ),
    )
    op.create_index(
        "ix_orders_expiring",
        "orders",
        ["expires_at"],
        unique=False,
        postgresql_where="state IN ('accepted', 'held', 'new', 'partially_filled')",
    )
    op.create_index(
        "ix_orders_group",
        "orders",
        ["group_id"],
        unique=False,
        postgresql_where="group_id IS NOT NULL",
    )
    op.create_index(
        "ix_orders_history", "orders", ["account_id", "created_at", "order_id"], unique=False
    )
    op.create_index(
        "ix_orders_open",
        "orders",
        ["instrument_id", "state"],
        unique=False,
        postgresql_where="state IN ('accepted', 'new', 'partially_filled')",
    )
    op.create_index(
        "ix_orders_queued",
        "orders",
        ["works_from", "order_id"],
        unique=False,
        postgresql_where="state = 'accepted'",
    )
    op.create_index(
        "ix_orders_reserving",
        "orders",
        ["account_id"],
        unique=False,
        postgresql_where="reserved_cash > 0 OR reserved_quantity > 0",
    )
    op.create_index(
        "ix_orders_resting",
        "orders",
        ["updated_at"],
        unique=False,
        postgresql_where="state IN ('new', 'partially_filled')",
    )
    op.create_index(
        "ix_orders_routed",
        "orders",
        ["routed_at", "order_id"],
        unique=False,
        postgresql_where="routed_at IS NOT NULL AND state IN ('new', 'partially_filled', 'pending_cancel')",
    )
    op.create_table(
        "positions",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("instrument_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=9), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=20, scale=9), nullable=False),
        sa.Column("cost", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("realised", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint("cost >= 0 AND cost < 1e12", name=op.f("ck_positions_cost_range")),
        sa.CheckConstraint(
            "quantity >= 0 AND quantity < 1e11", name=op.f("ck_positions_quantity_range")
        ),
        sa.CheckConstraint(
            "reserved >= 0 AND reserved <= quantity",
            name=op.f("ck_positions_sellable_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_positions_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.instrument_id"],
            name=op.f("fk_positions_instrument_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "instrument_id", name=op.f("pk_positions")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["login_sessions.session_id"], name=op.f("fk_refresh_tokens_session_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(
        op.f("ix_refresh_tokens_session_id"), "refresh_tokens", ["session_id"], unique=False
    )
    op.create_table(
        "stream_connections",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_stream_connections_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_stream_connections_user_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_stream_connections")),
    )
    op.create_index(
        op.f("ix_stream_connections_expires_at"), "stream_connections", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_stream_connections_user_id"), "stream_connections", ["user_id"], unique=False
    )
    op.create_table(
        "watchlist_items",
        sa.Column("watchlist_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.CheckConstraint(
            "place >= 0 AND place < 20", name=op.f("ck_watchlist_items_place_range")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.instrument_id"],
            name=op.f("fk_watchlist_items_instrument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["watchlist_id"],
            ["watchlists.watchlist_id"],
            name=op.f("fk_watchlist_items_watchlist_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("watchlist_id", "place", name=op.f("pk_watchlist_items")),
        sa.UniqueConstraint(
            "watchlist_id",
            "instrument_id",
            name=op.f("uq_watchlist_items_watchlist_id_instrument_id"),
        ),
    )
    op.create_table(
        "executions",
        sa.Column("execution_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("fill_sequence", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("instrument_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=9), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("fees", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("settlement_date", sa.Date(), nullable=False),
        sa.Column("quote_id", sa.Text(), nullable=False),
        sa.Column("quote", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trade", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("market_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("fees >= 0 AND fees < 1e12", name=op.f("ck_executions_fees_range")),
        sa.CheckConstraint("price > 0 AND price < 1e12", name=op.f("ck_executions_price_range")),
        sa.CheckConstraint(
            "quantity > 0 AND quantity < 1e11", name=op.f("ck_executions_quantity_range")
        ),
        sa.CheckConstraint("value >= 0 AND value < 1e12", name=op.f("ck_executions_value_range")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_executions_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.instrument_id"],
            name=op.f("fk_executions_instrument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_executions_order_id")
        ),
        sa.PrimaryKeyConstraint("execution_id", name=op.f("pk_executions")),
        sa.UniqueConstraint(
            "order_id", "fill_sequence", name=op.f("uq_executions_order_id_fill_sequence")
        ),
    )
    op.create_index(
        "ix_executions_account",
        "executions",
        ["account_id", "instrument_id", "executed_at", "execution_id"],
        unique=False,
    )
    op.create_index(
        "ix_executions_trade_date",
        "executions",
        ["trade_date"],
        unique=False,
        postgresql_using="brin",
    )
    op.create_table(
        "ledger_entries",
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint(
            "ledger IN ('settled', 'unsettled', 'reserved', 'holds', 'market', 'fees', 'deposits', 'dividends')",
            name=op.f("ck_ledger_entries_ledger_known"),
        ),
        sa.CheckConstraint(
            "amount > -1e12 AND amount < 1e12 AND amount <> 0",
            name=op.f("ck_ledger_entries_amount_range"),
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transactions.transaction_id"],
            name=op.f("fk_ledger_entries_transaction_id"),
        ),
        sa.PrimaryKeyConstraint(
            "transaction_id", "ledger", "currency", name=op.f("pk_ledger_entries")
        ),
    )
    op.create_index(
        "ix_ledger_entries_account", "ledger_entries", ["account_id", "ledger"], unique=False
    )
    op.create_table(
        "order_recoveries",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("task_token", sa.Text(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'manual') = (task_token IS NOT NULL)",
            name=op.f("ck_order_recoveries_a_person_has_a_token"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'manual', 'over')", name=op.f("ck_order_recoveries_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_order_recoveries_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_order_recoveries_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_recoveries")),
    )
    op.create_index(
        "ix_order_recoveries_open",
        "order_recoveries",
        ["began_at"],
        unique=False,
        postgresql_where="state <> 'over'",
    )
    op.create_table(
        "stream_subscriptions",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_stream_subscriptions_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["stream_connections.connection_id"],
            name=op.f("fk_stream_subscriptions_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "account_id", name=op.f("pk_stream_subscriptions")
        ),
    )
    op.create_index(
        "ix_stream_subscriptions_account", "stream_subscriptions", ["account_id"], unique=False
    )
    op.create_table(
        "good_faith_violations",
        sa.Column("sale_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("purchase_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("instrument_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=9), nullable=False),
        sa.Column("unsettled_used", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("clears_on", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 AND quantity < 1e11", name=op.f("ck_good_faith_violations_quantity_range")
        ),
        sa.CheckConstraint(
            "unsettled_used > 0 AND unsettled_used < 1e12",
            name=op.f("ck_good_faith_violations_unsettled_used_range"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.account_id"],
            name=op.f("fk_good_faith_violations_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.instrument_id"],
            name=op.f("fk_good_faith_violations_instrument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["executions.execution_id"],
            name=op.f("fk_good_faith_violations_purchase_id"),
        ),
        sa.ForeignKeyConstraint(
            ["sale_id"], ["executions.execution_id"], name=op.f("fk_good_faith_violations_sale_id")
        ),
        sa.PrimaryKeyConstraint("sale_id", "purchase_id", name=op.f("pk_good_faith_violations")),
    )
    op.create_index(
        "ix_good_faith_violations_account",
        "good_faith_violations",
        ["account_id", "sold_on", "sale_id", "purchase_id"],
        unique=False,
    )
    op.create_table(
        "settlement_obligations",
        sa.Column("execution_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("settlement_date", sa.Date(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_amount", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_amount IS NULL) AND (settled_amount IS NULL OR settled_amount >= 0 AND settled_amount <= amount)",
            name=op.f("ck_settlement_obligations_settled_at_most_once"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.account_id"],
            name=op.f("fk_settlement_obligations_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["executions.execution_id"],
            name=op.f("fk_settlement_obligations_execution_id"),
        ),
        sa.PrimaryKeyConstraint("execution_id", name=op.f("pk_settlement_obligations")),
    )
    op.create_index(
        "ix_settlement_obligations_account",
        "settlement_obligations",
        ["account_id", "settlement_date", "execution_id"],
        unique=False,
    )
    op.create_index(
        "ix_settlement_obligations_open",
        "settlement_obligations",
        ["account_id", "settlement_date"],
        unique=False,
        postgresql_where="settled_at IS NULL",
    )


def downgrade() -> None:
    op.drop_table("settlement_obligations")
    op.drop_table("good_faith_violations")
    op.drop_table("stream_subscriptions")
    op.drop_table("order_recoveries")
    op.drop_table("ledger_entries")
    op.drop_table("executions")
    op.drop_table("watchlist_items")
    op.drop_table("stream_connections")
    op.drop_table("refresh_tokens")
    op.drop_table("positions")
    op.drop_table("orders")
    op.drop_table("notification_cursors")
    op.drop_table("ledger_transactions")
    op.drop_table("balances")
    op.drop_table("audit_events")
    op.drop_table("api_keys")
    op.drop_table("account_marks")
    op.drop_table("account_limits")
    op.drop_table("account_events")
    op.drop_table("watchlists")
    op.drop_table("second_factors")
    op.drop_table("recovery_codes")
    op.drop_table("reconciliation_breaks")
    op.drop_table("one_time_tokens")
    op.drop_table("notifications")
    op.drop_table("notification_preferences")
    op.drop_table("login_sessions")
    op.drop_table("keys_to_shred")
    op.drop_table("instrument_symbols")
    op.drop_table("daily_bars")
    op.drop_table("corporate_actions")
    op.drop_table("admin_actions")
    op.drop_table("accounts")
    op.drop_table("users")
    op.drop_table("reconciliations")
    op.drop_table("quotes_taken")
    op.drop_table("outbox")
    op.drop_table("market_clock")
    op.drop_table("login_attempts")
    op.drop_table("instruments")
    op.drop_table("fee_schedule")
    op.drop_table("exchange_sessions")
