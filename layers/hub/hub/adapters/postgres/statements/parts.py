"""What several statements are made of."""

from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Insert,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import FromClause

from hub.adapters.postgres import tables

CURRENCY = literal_column("'USD'", tables.balances.c.currency.type)


def given(name: str, like: Any) -> ColumnElement[Any]:
    """The parameter `b_<name>`, of the type of a column."""
    parameter = bindparam(f"b_{name}", type_=like.type)
    if isinstance(like.type, Numeric | LargeBinary):
        # The dialect states the type of every parameter but these; a NULL would have none.
        return cast(parameter, like.type)
    return parameter


def text_of(words: str) -> ColumnElement[str]:
    """A fixed word in the statement's text."""
    return literal_column(f"'{words}'", tables.orders.c.state.type)


def one_of(column: ColumnElement[Any], words: tuple[str, ...]) -> ColumnElement[bool]:
    return column.in_([text_of(word) for word in words])


def insert_from(source: FromClause, table: Table, **values: ColumnElement[Any]) -> Insert:
    """Insert one row of `table` for each row of `source`."""
    return insert(table).from_select(
        list(values),
        select(*[value.label(name) for name, value in values.items()]).select_from(source),
        include_defaults=False,
    )


def chained(payload: ColumnElement[str]) -> ColumnElement[bytes]:
    """The next hash of an account's audit chain, once `payload` is added."""
    text = func.convert_to(payload, literal_column("'UTF8'"))
    return func.sha256(tables.accounts.c.audit_hash.op("||")(text))


def rows(name: str, table: Table, *columns: str) -> FromClause:
    """Rows given as one array parameter per column: `b_<name>_<column>`."""
    arrays = [
        _array(f"b_{name}_{column}", ARRAY(table.c[column].type), table.c[column].type)
        for column in columns
    ]
    unnested = func.unnest(*arrays).table_valued(
        *[_typed(table, column) for column in columns], name=f"given_{name}"
    )
    return unnested.render_derived()


def _array(name: str, kind: Any, of: Any) -> ColumnElement[Any]:
    parameter = bindparam(name, type_=kind)
    # The dialect states the type of arrays of everything else.
    return cast(parameter, kind) if isinstance(of, Boolean) else parameter


def _typed(table: Table, column: str) -> Any:
    return table.c[column]._copy()


def insert_rows(name: str, table: Table, *columns: str) -> CTE:
    """Insert the rows given as arrays."""
    source = rows(name, table, *columns)
    values = {column: source.c[column] for column in columns}
    return insert_from(source, table, **values).returning(literal_column("1")).cte(f"new_{name}")


# Every column of an order: how it is written whole.
ORDER_COLUMNS = tuple(tables.orders.c.keys())


def unless_given(parameter: ColumnElement[Any], condition: ColumnElement[bool]) -> Any:
    return or_(parameter.is_(None), condition)


# Parameters that many statements have.
LIMIT: ColumnElement[int] = bindparam("b_limit", type_=Integer)
OWNER = given("user_id", tables.accounts.c.user_id)
TEXTS = ARRAY(tables.orders.c.symbol.type)
