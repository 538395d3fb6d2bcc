"""Amounts, quantities and names as they cross the wire.

Decimals travel as strings. What comes in must match an ASCII pattern first: Python's Decimal
would also take underscores, blanks, exponents, NaN and the digits of any script.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

from hub.domain.kernel import plain

_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SYMBOL = r"[A-Z][A-Z0-9.]{0,9}"
MAX_QUANTITY = Decimal("1e9")
MAX_AMOUNT = Decimal("1e9")


class Incoming(BaseModel):
    """A request body: unknown fields are errors, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Outgoing(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise PydanticCustomError("decimal_type", "a decimal number in a string is wanted")
    text = str(value)
    if not _DECIMAL.fullmatch(text):
        raise PydanticCustomError("decimal_form", "a plain positive decimal number is wanted")
    return Decimal(text)


def _bounded(places: int, highest: Decimal) -> Any:
    def check(value: Decimal) -> Decimal:
        if not 0 < value <= highest:
            raise PydanticCustomError(
                "range", "more than 0 and at most {highest} is wanted", {"highest": str(highest)}
            )
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > places:
            raise PydanticCustomError(
                "decimal_places", "at most {places} decimals are wanted", {"places": places}
            )
        return value

    return AfterValidator(check)


def _schema(description: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, "examples": [example]})


def _asked(places: int, description: str, example: str) -> WithJsonSchema:
    form = rf"^[0-9]{{1,20}}(\.[0-9]{{1,{places}}})?$"
    text = {"type": "string", "pattern": form, "description": description, "examples": [example]}
    return WithJsonSchema(text)


_parse = BeforeValidator(_decimal)

QuantityIn = Annotated[
    Decimal, _parse, _bounded(9, MAX_QUANTITY), _asked(9, "up to 9 decimals", "10")
]
PriceIn = Annotated[Decimal, _parse, _bounded(4, MAX_AMOUNT), _asked(4, "a price in USD", "585.40")]
PercentIn = Annotated[
    Decimal, _parse, _bounded(2, Decimal(50)), _asked(2, "percent of the price, up to 50", "2")
]
ShareIn = Annotated[
    Decimal,
    _parse,
    _bounded(9, Decimal(100)),
    _asked(9, "percent of what is held, up to 100", "50"),
]
SpeedIn = Annotated[
    Decimal,
    _parse,
    _bounded(6, Decimal(10_000)),
    _schema("market seconds per second, up to 10000", "60"),
]
AmountIn = Annotated[
    Decimal, _parse, _bounded(2, MAX_AMOUNT), _asked(2, "USD, up to 2 decimals", "10000.00")
]

Money = Annotated[
    Decimal, PlainSerializer(lambda value: plain(value, 2), return_type=str), _schema("USD", "5.00")
]
Quantity = Annotated[Decimal, PlainSerializer(plain, return_type=str), _schema("a quantity", "10")]
Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda value: value.astimezone(UTC).isoformat().replace("+00:00", "Z"), return_type=str
    ),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _known_symbol(value: str) -> str:
    if not re.fullmatch(_SYMBOL, value, re.ASCII):
        raise PydanticCustomError("symbol_form", "a symbol is 1 to 10 capital letters")
    return value


def is_uuid(text: str) -> bool:
    return re.fullmatch(_UUID, text, re.ASCII) is not None


def _uuid(value: str) -> str:
    if not is_uuid(value):
        raise PydanticCustomError("uuid_form", "an id as it was given out is wanted")
    return value


Symbol = Annotated[
    str,
    AfterValidator(_known_symbol),
    Field(
        examples=["AAPL"],
        description="ticker symbol",
        json_schema_extra={"pattern": f"^{_SYMBOL}$"},
    ),
]
UuidText = Annotated[
    str,
    AfterValidator(_uuid),
    Field(json_schema_extra={"format": "uuid", "pattern": f"^{_UUID}$"}),
]


# A strict model wants the enum itself; what arrives is its word.
Choice = Field(strict=False)


def _words(value: Any) -> Any:
    return tuple(each for each in value.split(",") if each) if isinstance(value, str) else value


SymbolList = Annotated[
    tuple[Symbol, ...],
    BeforeValidator(_words),
    Field(max_length=100),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_SYMBOL}(,{_SYMBOL}){{0,99}}$",
            "description": "symbols, separated by commas",
            "examples": ["AAPL,IBM"],
        }
    ),
]


Word = TypeVar("Word")
# Words of a known list, separated by commas.
WordList = Annotated[
    tuple[Word, ...],
    BeforeValidator(_words),
    Field(max_length=20),
    WithJsonSchema({"type": "string", "description": "words, separated by commas"}),
]


def digits(value: Any) -> Any:
    """Before a whole number is read: Python would take blanks, signs and any script's digits."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        raise PydanticCustomError("int_parsing", "a whole number in plain digits is wanted")
    return value


PageSize = Annotated[int, Field(ge=1, le=500), BeforeValidator(digits)]
Status = Literal["PENDING", "PROCESSING", "EXECUTED", "FAILED", "CANCELLED"]


def _aware(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise PydanticCustomError("time_form", "an RFC 3339 time is wanted") from error
    if moment.tzinfo is None:
        raise PydanticCustomError("time_zone", "the time must name its zone, as in ...Z")
    return moment


MomentIn = Annotated[
    datetime,
    BeforeValidator(_aware),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2012-06-01T14:00:00Z"]}),
]


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise PydanticCustomError("date_form", "a date such as 2012-06-29 is wanted") from error


DayIn = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2012-06-29"]}),
]
