"""The kinds of columns and checks that tables are made of."""

from sqlalchemy import CheckConstraint, DateTime, MetaData, Numeric, Uuid

MONEY = Numeric(20, 6)

QUANTITY = Numeric(20, 9)

EXACT_VALUE = Numeric(38, 15)

MOMENT = DateTime(timezone=True)

ID = Uuid(as_uuid=False)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def between(column: str, low: str, high: str = "1e12") -> CheckConstraint:
    return CheckConstraint(f"{column} {low} AND {column} < {high}", name=f"{column}_range")
