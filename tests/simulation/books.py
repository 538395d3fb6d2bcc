"""The database of a run: put back between two, judged after each, and stripped of its nets."""

from typing import Any

import psycopg
from psycopg import sql

from hub.adapters.postgres.invariants import INVARIANTS
from local.services.roles import APPLICATION

# Of what a run leaves behind, by the time from which on it is the run's.
_MADE = {
    "order_recoveries": "true",
    "admin_actions": "true",
    "good_faith_violations": "true",
    "settlement_obligations": "execution_id IN (SELECT execution_id FROM executions WHERE"
    " executed_at >= %(since)s)",
    "executions": "executed_at >= %(since)s",
    "ledger_entries": "transaction_id IN (SELECT transaction_id FROM ledger_transactions WHERE"
    " created_at >= %(since)s)",
    "ledger_transactions": "created_at >= %(since)s",
    "account_events": "at >= %(since)s",
    "audit_events": "at >= %(since)s",
    "orders": "created_at >= %(since)s",
    "quotes_taken": "taken_at >= %(since)s",
    "outbox": "true",
    "outbox_told": "true",
}
_KEPT = {
    "accounts": ("account_id", "event_sequence audit_sequence audit_hash"),
    "balances": ("account_id", "settled unsettled reserved"),
    "positions": ("account_id instrument_id", "quantity reserved cost realised"),
}
# Every message that was ever in the outbox: none may be lost.
_TOLD = """
CREATE TABLE outbox_told (message_id uuid, destination text, body text);
CREATE FUNCTION tell_outbox() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO outbox_told SELECT message_id, destination, body FROM added;
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_outbox AFTER INSERT ON outbox
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tell_outbox();
"""
_VACUUM_EVERY = 100
# What only catches defects. Keys by which the product recognises what it did before stay.
_NETS = """
SELECT format('ALTER TABLE %I DROP CONSTRAINT %I CASCADE', conrelid::regclass::text, conname)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND (
    contype IN ('c', 'f') OR conname IN (
        'uq_executions_order_id_fill_sequence', 'uq_ledger_transactions_account_id_kind_reference',
        'pk_account_events', 'pk_audit_events'))
ORDER BY contype <> 'f', conname
"""
_TRIGGERS = "DROP TRIGGER ledger_is_balanced ON ledger_entries"


class Reset:
    """Made once the world's customers are there: to them every run goes back."""

    def __init__(self, owner: psycopg.Connection[Any], since: Any) -> None:
        self._owner = owner
        self._since = since
        for table in _KEPT:
            self._owner.execute(_sql(f"CREATE TABLE first_{table} AS TABLE {table}"))
        self._owner.execute("ANALYZE")
        self._runs = 0

    def __call__(self) -> None:
        """In one round trip. Rows go by DELETE: after TRUNCATE every statement is planned anew."""
        self._runs += 1
        if self._runs % _VACUUM_EVERY == 0:
            self._owner.execute("VACUUM")
        with self._owner.pipeline():
            self._owner.execute("SET session_replication_role = replica")
            for table, which in _MADE.items():
                self._owner.execute(
                    _sql(f"DELETE FROM {table} WHERE {which}"), {"since": self._since}
                )
            for table, (keys, names) in _KEPT.items():
                self._owner.execute(_sql(_put_back(table, keys.split(), names.split())))
            self._owner.execute(
                "DELETE FROM positions p WHERE NOT EXISTS (SELECT FROM first_positions f WHERE"
                " (f.account_id, f.instrument_id) = (p.account_id, p.instrument_id))"
            )


def _put_back(table: str, keys: list[str], names: list[str]) -> str:
    values = ", ".join(f"{name} = f.{name}" for name in names)
    same = " AND ".join(f"f.{key} = t.{key}" for key in keys)
    changed = ", ".join(f"t.{name}" for name in names), ", ".join(f"f.{name}" for name in names)
    return (
        f"UPDATE {table} t SET {values} FROM first_{table} f"
        f" WHERE {same} AND ({changed[0]}) IS DISTINCT FROM ({changed[1]})"
    )


class Judge:
    """All invariants in one statement that is planned once."""

    def __init__(self, owner: psycopg.Connection[Any]) -> None:
        self._owner = owner
        owner.execute("SET plan_cache_mode = force_generic_plan")
        owner.execute("SET jit = off")
        self._query = _sql(
            " UNION ALL ".join(
                f"SELECT '{each.name}', count(*) FROM ({each.query}) broken" for each in INVARIANTS
            )
        )

    def broken(self) -> dict[str, int]:
        rows = self._owner.execute(self._query, prepare=True).fetchall()
        return {name: count for name, count in rows if count}


def prepare(owner: psycopg.Connection[Any]) -> None:
    """Nothing may depend on how fast the machine is: neither the server's own cleaning, which takes
    locks, nor the limits of real time under which the application's role works."""
    owner.execute("ALTER SYSTEM SET autovacuum = off")
    owner.execute("SELECT pg_reload_conf()")
    for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        statement = "ALTER ROLE {} IN DATABASE {} SET {} = 0"
        names = map(sql.Identifier, (APPLICATION, owner.info.dbname, limit))
        owner.execute(sql.SQL(statement).format(*names))
    owner.execute(_sql(_TOLD))


def drop_nets(owner: psycopg.Connection[Any]) -> int:
    """How many constraints there were."""
    found = owner.execute(_sql(_NETS)).fetchall()
    for (statement,) in found:
        owner.execute(_sql(statement))
    owner.execute(_sql(_TRIGGERS))
    return len(found)


def _sql(text: str) -> bytes:
    """This module's own words."""
    return text.encode()
