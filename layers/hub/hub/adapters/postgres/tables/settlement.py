"""The tables of settlement; what is owed stands beside the executions that owe it."""

from sqlalchemy import Column, Date, ForeignKey, Index, PrimaryKeyConstraint, Table

from hub.adapters.postgres.tables.kinds import ID, MOMENT, MONEY, QUANTITY, between, metadata

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
