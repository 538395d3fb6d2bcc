"""What always holds in the books. Each query returns the rows that break it: none, when it holds.

One list for tests, `./dev verify` and the nightly check.
"""

from typing import Any, NamedTuple

import psycopg

from hub.domain.orders.order import MOVES, TERMINAL

_ENDED = ", ".join(f"'{state}'" for state in sorted(TERMINAL))
_MOVES = ", ".join(
    f"('{before}', '{after}')" for before, moves in MOVES.items() for after in sorted(moves)
)


class Invariant(NamedTuple):
    name: str
    sentence: str
    query: str


class Finding(NamedTuple):
    invariant: Invariant
    violations: int


INVARIANTS = (
    Invariant(
        "transactions-balance",
        "every ledger transaction sums to zero per currency",
        "SELECT transaction_id FROM ledger_entries"
        " GROUP BY transaction_id, currency HAVING sum(amount) <> 0",
    ),
    Invariant(
        "books-balance",
        "all books together sum to zero per currency",
        "SELECT currency FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0",
    ),
    Invariant(
        "cash-is-ledger",
        "settled, unsettled and reserved cash of each account are what its ledger says",
        """
        SELECT account_id FROM (
            SELECT account_id, currency, settled, unsettled, reserved FROM balances
            UNION ALL
            SELECT account_id, currency,
                -coalesce(sum(amount) FILTER (WHERE ledger = 'settled'), 0),
                -coalesce(sum(amount) FILTER (WHERE ledger = 'unsettled'), 0),
                -coalesce(sum(amount) FILTER (WHERE ledger = 'reserved'), 0)
            FROM ledger_entries GROUP BY account_id, currency
        ) both_sides GROUP BY account_id, currency
        HAVING sum(settled) <> 0 OR sum(unsettled) <> 0 OR sum(reserved) <> 0
        """,
    ),
    Invariant(
        "cash-not-negative",
        "no account has negative cash, settled, unsettled or available",
        "SELECT account_id FROM balances WHERE settled < 0 OR unsettled < 0 OR reserved < 0"
        " OR settled + unsettled < reserved",
    ),
    Invariant(
        "cash-reserved-for-orders",
        "reserved cash is exactly what open buy orders reserve",
        """
        SELECT b.account_id FROM balances b LEFT JOIN orders o ON o.account_id = b.account_id
        GROUP BY b.account_id, b.currency HAVING b.reserved <> coalesce(sum(o.reserved_cash), 0)
        """,
    ),
    Invariant(
        "shares-reserved-for-orders",
        "reserved shares are exactly what open sell orders reserve",
        """
        SELECT account_id, instrument_id FROM (
            SELECT account_id, instrument_id, reserved AS amount FROM positions
            UNION ALL SELECT account_id, instrument_id, -reserved_quantity FROM orders
        ) both_sides GROUP BY account_id, instrument_id HAVING sum(amount) <> 0
        """,
    ),
    Invariant(
        "ended-orders-reserve-nothing",
        "an order that has ended holds no reservation",
        "SELECT order_id FROM orders WHERE state IN ("
        + _ENDED
        + ") AND (reserved_cash <> 0 OR reserved_quantity <> 0)",
    ),
    Invariant(
        "positions-are-executions",
        "each position is the sum of its executions, and is not oversold",
        """
        SELECT account_id, instrument_id FROM (
            SELECT account_id, instrument_id, quantity AS amount FROM positions
            UNION ALL
            SELECT account_id, instrument_id,
                CASE side WHEN 'buy' THEN -quantity ELSE quantity END FROM executions
        ) both_sides GROUP BY account_id, instrument_id HAVING sum(amount) <> 0
        UNION ALL
        SELECT account_id, instrument_id FROM positions
        WHERE quantity < 0 OR reserved < 0 OR reserved > quantity
        """,
    ),
    Invariant(
        "positions-cost-what-was-paid",
        "what positions cost, less what sales have realised, is what was paid less what was got",
        """
        SELECT account_id, instrument_id FROM (
            SELECT account_id, instrument_id, cost - realised AS amount FROM positions
            UNION ALL
            SELECT account_id, instrument_id,
                CASE side WHEN 'buy' THEN -value ELSE value END FROM executions
        ) both_sides GROUP BY account_id, instrument_id HAVING sum(amount) <> 0
        """,
    ),
    Invariant(
        "fills-fit-orders",
        "filled quantity, value and count of each order are those of its executions",
        """
        SELECT o.order_id FROM orders o LEFT JOIN executions e ON e.order_id = o.order_id
        GROUP BY o.order_id
        HAVING o.filled_quantity <> coalesce(sum(e.quantity), 0)
            OR o.filled_value <> coalesce(sum(e.quantity * e.price), 0)
            OR o.fills <> count(e.execution_id)
            OR o.filled_quantity > o.quantity
            OR (o.state = 'filled') <> (o.filled_quantity = o.quantity)
        """,
    ),
    Invariant(
        "executions-are-booked",
        "each execution has its ledger transaction, of its very value",
        """
        SELECT e.execution_id FROM executions e
        LEFT JOIN ledger_transactions t ON t.account_id = e.account_id
            AND t.kind = 'execution' AND t.reference = e.execution_id
        LEFT JOIN ledger_entries l
            ON l.transaction_id = t.transaction_id AND l.ledger = 'market'
        WHERE e.value > 0
            AND l.amount IS DISTINCT FROM CASE e.side WHEN 'buy' THEN e.value ELSE -e.value END
        """,
    ),
    Invariant(
        "fees-are-booked",
        "the fees in each account's ledger are those of its executions, and so are its orders'",
        """
        SELECT account_id FROM (
            SELECT account_id, fees AS amount FROM executions
            UNION ALL
            SELECT account_id, -amount FROM ledger_entries WHERE ledger = 'fees'
        ) both_sides GROUP BY account_id HAVING sum(amount) <> 0
        UNION ALL
        SELECT account_id FROM (
            SELECT account_id, order_id, fees AS amount FROM executions
            UNION ALL
            SELECT account_id, order_id, -fees FROM orders
        ) both_sides GROUP BY account_id, order_id HAVING sum(amount) <> 0
        """,
    ),
    Invariant(
        "exits-fit-entries",
        "the exits of an entry never fill more than it, and live only once it has ended",
        """
        SELECT e.order_id FROM orders e
        WHERE e.leg = 'entry' AND e.state <> 'replaced' AND (
            (SELECT coalesce(sum(x.filled_quantity), 0) FROM orders x
             WHERE x.group_id = e.group_id AND x.leg <> 'entry')
            > (SELECT sum(n.filled_quantity) FROM orders n
               WHERE n.group_id = e.group_id AND n.leg = 'entry')
            OR (e.state IN ('pending_new', 'accepted', 'new', 'partially_filled') AND EXISTS (
                SELECT FROM orders x WHERE x.group_id = e.group_id AND x.leg <> 'entry'
                    AND x.state NOT IN ('held', 'canceled'))))
        """,
    ),
    Invariant(
        "sizes-are-not-exceeded",
        "what is taken of a displayed quote is at most what fills at its touch add up to",
        """
        SELECT q.quote_id FROM quotes_taken q
        WHERE q.bought < 0 OR q.sold < 0
            OR q.bought > (SELECT coalesce(sum(e.quantity), 0) FROM executions e
                WHERE e.side = 'buy' AND q.quote_id IN (e.quote_id, e.trade ->> 'id'))
            OR q.sold > (SELECT coalesce(sum(e.quantity), 0) FROM executions e
                WHERE e.side = 'sell' AND q.quote_id IN (e.quote_id, e.trade ->> 'id'))
        """,
    ),
    Invariant(
        "limits-are-kept",
        "no execution is worse than the limit of its order",
        """
        SELECT e.execution_id FROM executions e JOIN orders o ON o.order_id = e.order_id
        WHERE (e.side = 'buy' AND e.price > o.limit_price)
            OR (e.side = 'sell' AND e.price < o.limit_price)
        """,
    ),
    Invariant(
        "prices-were-quoted",
        "each execution has a price of the quote, trade or print it names, of its own symbol",
        """
        SELECT e.execution_id FROM executions e JOIN orders o ON o.order_id = e.order_id
        WHERE e.quote ->> 'symbol' <> o.symbol OR e.quote ->> 'id' <> e.quote_id
            OR (o.limit_price IS NULL AND e.trade IS NULL
                AND o.time_in_force NOT IN ('opg', 'cls')
                AND e.price NOT BETWEEN
                    (e.quote ->> 'bid')::numeric AND (e.quote ->> 'ask')::numeric)
            OR (o.limit_price IS NULL AND e.trade IS NOT NULL AND e.price NOT IN (
                (e.trade ->> 'price')::numeric, o.stop_price,
                (e.quote ->> 'bid')::numeric, (e.quote ->> 'ask')::numeric))
            OR (o.time_in_force IN ('opg', 'cls') AND e.trade IS NULL AND e.price <> (
                e.quote -> CASE o.time_in_force WHEN 'opg' THEN 'opening' ELSE 'closing' END
                ->> 'price')::numeric)
        """,
    ),
    Invariant(
        "moves-are-legal",
        "orders move only as the state table allows, step after step, to where they stand",
        """
        WITH steps AS (
            SELECT order_id, state_before, state_after,
                lag(state_after) OVER (PARTITION BY order_id ORDER BY sequence) AS earlier,
                lead(sequence) OVER (PARTITION BY order_id ORDER BY sequence) IS NULL AS is_last
            FROM account_events WHERE order_id IS NOT NULL AND state_after IS NOT NULL
        ), moves (before, after) AS (VALUES """
        + _MOVES
        + """)
        SELECT coalesce(s.order_id, o.order_id)
        FROM steps s FULL JOIN orders o ON o.order_id = s.order_id
        WHERE s.order_id IS NULL
            OR s.state_before IS DISTINCT FROM s.earlier
            OR (s.state_before IS NULL AND s.state_after NOT IN ('pending_new', 'held'))
            OR (s.state_before IS NOT NULL AND NOT EXISTS (
                SELECT FROM moves WHERE before = s.state_before AND after = s.state_after))
            OR (s.is_last AND o.state IS DISTINCT FROM s.state_after)
        """,
    ),
    Invariant(
        "events-are-gapless",
        "each account's events count from one without a gap, as far as its head says",
        """
        SELECT a.account_id FROM accounts a
        LEFT JOIN account_events e ON e.account_id = a.account_id
        GROUP BY a.account_id
        HAVING a.event_sequence <> count(e.sequence)
            OR a.event_sequence <> coalesce(max(e.sequence), 0)
        """,
    ),
    Invariant(
        "audit-chain",
        "each audit link hashes its payload onto the link before, up to the account's head",
        """
        WITH links AS (
            SELECT account_id, sequence, hash, payload,
                lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER chain AS before,
                row_number() OVER chain AS place
            FROM audit_events WINDOW chain AS (PARTITION BY account_id ORDER BY sequence)
        )
        SELECT account_id FROM links
        WHERE hash <> sha256(before || convert_to(payload, 'UTF8')) OR sequence <> place
        UNION ALL
        SELECT a.account_id FROM accounts a
        LEFT JOIN audit_events e
            ON e.account_id = a.account_id AND e.sequence = a.audit_sequence
        WHERE e.hash IS DISTINCT FROM a.audit_hash
        """,
    ),
    Invariant(
        "sales-settle",
        "each sale has its settlement obligation, of its value less its fees",
        """
        SELECT e.execution_id FROM executions e
        LEFT JOIN settlement_obligations s ON s.execution_id = e.execution_id
        WHERE e.side = 'sell' AND (s.amount IS DISTINCT FROM e.value - e.fees
            OR s.settlement_date IS DISTINCT FROM e.settlement_date)
        """,
    ),
    Invariant(
        "unsettled-is-owed",
        "an account's unsettled cash is at most what it is still owed",
        """
        SELECT b.account_id FROM balances b LEFT JOIN settlement_obligations s
            ON s.account_id = b.account_id AND s.currency = b.currency AND s.settled_at IS NULL
        GROUP BY b.account_id, b.currency HAVING b.unsettled > coalesce(sum(s.amount), 0)
        """,
    ),
    Invariant(
        "settlements-are-booked",
        "what has settled is in the ledger, once and of its very amount, and nothing else is",
        """
        SELECT execution_id FROM (
            SELECT execution_id, settled_amount AS amount FROM settlement_obligations
            WHERE settled_at IS NOT NULL
            UNION ALL
            SELECT t.reference, -l.amount FROM ledger_transactions t
            JOIN ledger_entries l ON l.transaction_id = t.transaction_id AND l.ledger = 'settled'
            WHERE t.kind = 'settlement'
        ) both_sides GROUP BY execution_id HAVING sum(amount) <> 0
        """,
    ),
    Invariant(
        "one-refresh-token",
        "each session has exactly one refresh token that was not used",
        """
        SELECT s.session_id FROM login_sessions s
        LEFT JOIN refresh_tokens t ON t.session_id = s.session_id AND t.used_at IS NULL
        GROUP BY s.session_id HAVING count(t.token_hash) <> 1
        """,
    ),
)


def check(url: str) -> list[Finding]:
    """Every invariant with its count of violations, all of one moment of the database."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET LOCAL statement_timeout = '10min'")
        return [Finding(each, _violations(connection, each.query)) for each in INVARIANTS]


def _violations(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(
        f"SELECT count(*) FROM ({query}) broken"
    ).fetchone()  # this module's own text
    return int(row[0]) if row else 0
