"""What became of a case: where an order or the account is not as expected."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from hub.domain.kernel import unit_price

_PRICE_STEP = Decimal("0.0001")


class Seen(NamedTuple):
    """One order of a case as it stands, whatever it was replaced by on the way included.

    `place` is its first fill's place among the fills of the step, None without one.
    """

    status: str
    filled_quantity: Decimal
    filled_value: Decimal
    stop: Decimal | None
    limit: Decimal | None
    quantity: Decimal
    triggered: bool
    place: int | None = None

    @property
    def average_price(self) -> Decimal | None:
        if not self.filled_quantity:
            return None
        return unit_price(self.filled_value, self.filled_quantity)


REJECTED = Seen("rejected", Decimal(0), Decimal(0), None, None, Decimal(0), triggered=False)


def differences(expected: Mapping[str, Mapping[str, Any]], seen: Mapping[str, Seen]) -> list[str]:
    """A line for each expectation that does not hold; `fill_seq` is told by order, not number."""
    lines = []
    for ref, fields in expected.items():
        found = seen.get(ref)
        if found is None:
            lines.append(f"{ref}: no such order")
            continue
        for name, wanted in fields.items():
            if name != "fill_seq" and (got := _differs(name, wanted, found)) is not None:
                lines.append(f"{ref}.{name}: expected {wanted}, got {got}")
    return lines + _misordered(expected, seen)


def account_differences(
    expected: Mapping[str, str], cash: Decimal, position: Decimal
) -> Sequence[str]:
    has = {"cash": cash, "position": position}
    return [
        f"account.{name}: expected {wanted}, got {has[name]:f}"
        for name, wanted in expected.items()
        if name in has and has[name] != Decimal(wanted)
    ]


def _differs(name: str, wanted: Any, seen: Seen) -> str | None:
    """What is there instead of what is wanted; None where they agree."""
    match name:
        case "status":
            return None if seen.status == wanted else seen.status
        case "triggered":
            return None if seen.triggered is wanted else str(seen.triggered).lower()
        case "avg_price_min":
            price = seen.average_price
            return None if price is not None and price >= Decimal(wanted) else str(price)
        case "avg_price_max":
            price = seen.average_price
            return None if price is not None and price <= Decimal(wanted) else str(price)
    values = {
        "filled_qty": seen.filled_quantity,
        "avg_price": seen.average_price,
        "stop": seen.stop,
        "limit": seen.limit,
        "qty": seen.quantity,
    }
    if name not in values:
        return "an expectation that is not known"
    value = values[name]
    same = value is None if wanted is None else value is not None and value == Decimal(wanted)
    if name == "avg_price" and wanted is not None and not same:
        same = _rounds_to(seen, Decimal(wanted))
    return None if same else str(value)


def _rounds_to(seen: Seen, wanted: Decimal) -> bool:
    """Prices have two decimals, or four: an average written with more is one that has no end."""
    if not seen.filled_quantity or wanted == wanted.quantize(_PRICE_STEP):
        return False
    return (seen.filled_value / seen.filled_quantity).quantize(wanted) == wanted


def _misordered(expected: Mapping[str, Mapping[str, Any]], seen: Mapping[str, Seen]) -> list[str]:
    wanted = sorted(
        (ref for ref, fields in expected.items() if "fill_seq" in fields),
        key=lambda ref: int(expected[ref]["fill_seq"]),
    )
    places = {ref: seen[ref].place for ref in wanted if ref in seen}
    got = sorted(wanted, key=lambda ref: (places.get(ref) is None, places.get(ref) or 0))
    filled = all(place is not None for place in places.values())
    if got == wanted and filled:
        return []
    return [f"fill_seq: expected {', '.join(wanted)}, got {', '.join(got)}"]
