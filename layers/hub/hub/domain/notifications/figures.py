"""Amounts, quantities and times as a language writes them."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.domain.kernel import plain
from hub.domain.notifications.preferences import Language

# Of whatever else is listed, times are told in the zone of the first.
_ZONES = {"XNYS": "America/New_York", "BVMF": "America/Sao_Paulo"}
_HOME = "XNYS"


class _Style(NamedTuple):
    group: str
    point: str
    dollar: str
    months: str


_STYLES = {
    Language.ENGLISH: _Style(
        ",",
        ".",
        "$",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    ),
    Language.PORTUGUESE: _Style(
        ".",
        ",",
        "US$\N{NO-BREAK SPACE}",
        "jan. fev. mar. abr. maio jun. jul. ago. set. out. nov. dez.",
    ),
}


def amount(value: Decimal, currency: str, language: Language) -> str:
    """Money or a price, with as many decimals as it has and two at least."""
    style = _STYLES[language]
    sign = style.dollar if currency == "USD" else f"{currency}\N{NO-BREAK SPACE}"
    return ("-" if value < 0 else "") + sign + _grouped(plain(abs(value), 2), style)


def quantity(value: Decimal, language: Language) -> str:
    return _grouped(plain(value), _STYLES[language])


def moment(value: datetime, exchange: str, language: Language) -> str:
    """By the clock of the market, which it names."""
    zone = ZoneInfo(_ZONES.get(exchange, _ZONES[_HOME]))
    return _moment(value.astimezone(zone), language)


def own_moment(value: datetime, zone: ZoneInfo, language: Language) -> str:
    """By the customer's own clock."""
    return _moment(value.astimezone(zone), language)


def _moment(local: datetime, language: Language) -> str:
    month = _STYLES[language].months.split()[local.month - 1]
    if language is Language.PORTUGUESE:
        return f"{local.day} de {month} de {local.year}, {local:%H:%M} {local:%Z}"
    hour, half = local.hour % 12 or 12, "AM" if local.hour < 12 else "PM"
    return f"{month} {local.day}, {local.year}, {hour}:{local:%M} {half} {local:%Z}"


def _grouped(text: str, style: _Style) -> str:
    whole, _, fraction = text.partition(".")
    grouped = f"{int(whole):,}".replace(",", style.group)
    return f"{grouped}{style.point}{fraction}" if fraction else grouped
