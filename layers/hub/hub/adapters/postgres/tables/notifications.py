"""The tables of notifications."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Time,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.adapters.postgres.tables.kinds import ID, MOMENT, metadata, one_of
from hub.domain.notifications.preferences import Channel, Language, Topic

notification_preferences = Table(
    "notification_preferences",
    metadata,
    Column("user_id", ID, ForeignKey("users.user_id"), primary_key=True),
    Column("language", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("phone", LargeBinary),
    Column("choices", JSONB, nullable=False),
    Column("quiet_begins", Time),
    Column("quiet_ends", Time),
    Column("daily_at", Time, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    one_of("language", tuple(Language)),
    CheckConstraint(
        "(quiet_begins IS NULL) = (quiet_ends IS NULL)", name="quiet_hours_begin_and_end"
    ),
)

# How far an account's log has been looked through for what is to be told.
notification_cursors = Table(
    "notification_cursors",
    metadata,
    Column("account_id", ID, ForeignKey("accounts.account_id"), primary_key=True),
    Column("seen", BigInteger, nullable=False),
)

# `due_at` moves on with each try, so that one whose sender died is tried again.
notifications = Table(
    "notifications",
    metadata,
    Column("notification_id", ID, primary_key=True),
    Column("event", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False),
    Column("topic", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", MOMENT, nullable=False),
    Column("bundled", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("ended_at", MOMENT),
    UniqueConstraint("event", "channel"),
    one_of("channel", tuple(Channel)),
    one_of("topic", tuple(Topic)),
    one_of("state", ("waiting", "sent", "failed")),
    CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="waits_until_it_ends"),
    Index(
        "ix_notifications_due", "due_at", "user_id", "channel", postgresql_where="state = 'waiting'"
    ),
    Index("ix_notifications_of_user", "user_id", "channel", "created_at"),
    Index("ix_notifications_ended_at", "ended_at", postgresql_where="ended_at IS NOT NULL"),
)
