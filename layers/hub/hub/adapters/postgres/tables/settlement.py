"""The tables of settlement; what is owed stands beside the executions that owe it."""

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from hub.adapters.postgres.tables.kinds import (
    ID,
    MOMENT,
    MONEY,
    QUANTITY,
    between,
    metadata,
    one_of,
)
from hub.domain.settlement.reconciling import BreakKind

good_faith_violations = Table(
    "good_faith_violations",
    metadata,
    Column("sale_id", ID, ForeignKey("executions.execution_id"), nullable=False),
    Column("purchase_id", ID, ForeignKey("executions.execution_id"), nullable=False),
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("instrument_id", ID, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("quantity", QUANTITY, nullable=False),
    Column("unsettled_used", MONEY, nullable=False),
    Column("sold_on", Date, nullable=False),
    Column("clears_on", Date, nullable=False),
    Column("found_at", MOMENT, nullable=False),
    PrimaryKeyConstraint("sale_id", "purchase_id"),
    Index("ix_good_faith_violations_account", "account_id", "sold_on", "sale_id", "purchase_id"),
    between("quantity", "> 0", "1e11"),
    between("unsettled_used", "> 0"),
)

# Each time that a day was compared with what the venue says of it, never changed afterwards.
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("reconciliation_id", ID, primary_key=True),
    Column("venue", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("files", Integer, nullable=False),
    Column("executions", Integer, nullable=False),
    Column("breaks", Integer, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    UniqueConstraint("venue", "day", "files", "executions"),
)

reconciliation_breaks = Table(
    "reconciliation_breaks",
    metadata,
    Column(
        "reconciliation_id",
        ID,
        ForeignKey("reconciliations.reconciliation_id"),
        nullable=False,
    ),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    # As the venue names it: it may be an account that we do not know.
    Column("account_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("ours", Text, nullable=False),
    Column("theirs", Text, nullable=False),
    PrimaryKeyConstraint("reconciliation_id", "number"),
    one_of("kind", tuple(BreakKind)),
)
