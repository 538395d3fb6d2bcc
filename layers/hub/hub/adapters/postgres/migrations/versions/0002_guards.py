"""What the database itself refuses: unbalanced books, and any change of what was recorded."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RECORDS = (
    "ledger_transactions",
    "ledger_entries",
    "executions",
    "account_events",
    "audit_events",
    "admin_actions",
    "good_faith_violations",
    "reconciliations",
    "reconciliation_breaks",
    "account_marks",
)

# One check per statement, over the rows it adds: a transaction's entries come in one statement.
BALANCED = """
CREATE FUNCTION ledger_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added GROUP BY transaction_id, currency HAVING sum(amount) <> 0
    ) THEN
        RAISE EXCEPTION 'a ledger transaction does not sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_is_balanced';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_is_balanced AFTER INSERT ON ledger_entries
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_balanced();
"""

INSERT_ONLY = """
CREATE FUNCTION record_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
"""

# On RDS the application logs in by IAM. Its limits stand on the role: a proxy passes no settings.
GRANTS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hub_app') THEN
            CREATE ROLE hub_app LOGIN;
        END IF;
        GRANT rds_iam TO hub_app;
        ALTER ROLE hub_app SET statement_timeout = '5s';
        ALTER ROLE hub_app SET lock_timeout = '2s';
        ALTER ROLE hub_app SET idle_in_transaction_session_timeout = '5s';
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hub_app') THEN
        GRANT USAGE ON SCHEMA public TO hub_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO hub_app;
        REVOKE UPDATE, DELETE ON
            ledger_transactions, ledger_entries, executions, account_events, audit_events,
            admin_actions, good_faith_violations, reconciliations, reconciliation_breaks,
            account_marks
            FROM hub_app;
        REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM hub_app;
        -- Who is an administrator is the owner's to say: the column is not among these.
        REVOKE INSERT, UPDATE ON users FROM hub_app;
        GRANT INSERT (user_id, email_index, email, name, key_master, password_hash, created_at),
            UPDATE (email_index, email, name, key_master, password_hash, email_verified_at)
            ON users TO hub_app;
    END IF;
END
$$;
"""


def upgrade() -> None:
    op.execute(BALANCED)
    op.execute(INSERT_ONLY)
    for table in RECORDS:
        op.execute(
            f"CREATE TRIGGER record_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION record_is_final()"
        )
    op.execute(GRANTS)


def downgrade() -> None:
    for table in RECORDS:
        op.execute(f"DROP TRIGGER record_is_final ON {table}")
    op.execute("DROP FUNCTION record_is_final()")
    op.execute("DROP TRIGGER ledger_is_balanced ON ledger_entries")
    op.execute("DROP FUNCTION ledger_is_balanced()")
