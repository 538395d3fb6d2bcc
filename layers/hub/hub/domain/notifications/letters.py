"""What happened, as a message: subject, plain text, HTML, and a line for a phone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.domain.notifications import figures
from hub.domain.notifications.preferences import Language, Topic
from hub.domain.notifications.wording import GUARDS, WORDS

# What a message shows of a bundle; the rest is counted.
MOST_SHOWN = 50
_AMOUNTS = ("average", "price", "value", "fees")
_QUANTITIES = ("filled", "quantity", "ordered")
# What is told of each kind, in this order, where it is known.
_ROWS = {
    "OrderExecuted": ("filled", "average", "value", "fees", "at", "order_id"),
    "OrderPartiallyExecuted": ("quantity", "price", "value", "fees", "ordered", "at", "order_id"),
    "OrderFailed": ("ordered", "reason", "at", "order_id"),
    "OrderExpired": ("ordered", "filled", "at", "order_id"),
    "OrderHandedToOperator": ("ordered", "at", "order_id"),
} | dict.fromkeys(GUARDS, ("at",))

# Of an event, as it was noted when it happened: texts, exact numbers, ISO 8601.
Facts = Mapping[str, str]


class Told(NamedTuple):
    """`kind` is the event's."""

    topic: Topic
    kind: str
    facts: Facts


class Letter(NamedTuple):
    subject: str
    text: str
    html: str
    brief: str


class _Entry(NamedTuple):
    headline: str
    rows: Sequence[tuple[str, str]]
    note: str


def letter(told: Sequence[Told], language: Language, zone: ZoneInfo) -> Letter:
    """One message of all. What is of no market is told by the clock of `zone`, the customer's."""
    words = WORDS[language]
    entries = [_entry(each, language, zone) for each in told[:MOST_SHOWN]]
    more = words.more.format(count=len(told) - len(entries)) if len(told) > len(entries) else ""
    subject = entries[0].headline if len(told) == 1 else words.bundle.format(count=len(told))
    guards = all(each.topic is Topic.SECURITY for each in told)
    why = words.always if guards else words.chosen
    blocks = [_paragraph(words.greeting), *map(_block, entries), _paragraph(more)]
    blocks.append(_small(why))
    return Letter(
        subject,
        _text(words.greeting, entries, more, why),
        _html(language, subject, "".join(blocks)),
        f"Hub: {subject}",
    )


def _entry(told: Told, language: Language, zone: ZoneInfo) -> _Entry:
    words = WORDS[language]
    shown = _shown(told.facts, language, zone)
    side = told.facts.get("side")
    key = f"{told.kind}.{side}" if side else told.kind
    rows = [(words.labels[name], shown[name]) for name in _ROWS[told.kind] if name in shown]
    headline = words.headlines[key].format_map(shown)
    return _Entry(headline, rows, words.notes.get(told.kind, ""))


def _shown(facts: Facts, language: Language, zone: ZoneInfo) -> dict[str, str]:
    shown = dict(facts)
    for name in _AMOUNTS:
        if name in facts:
            shown[name] = figures.amount(Decimal(facts[name]), facts["currency"], language)
    for name in _QUANTITIES:
        if name in facts:
            shown[name] = figures.quantity(Decimal(facts[name]), language)
    if "at" in facts:
        moment = datetime.fromisoformat(facts["at"])
        shown["at"] = (
            figures.moment(moment, facts["exchange"], language)
            if "exchange" in facts
            else figures.own_moment(moment, zone, language)
        )
    if "reason_code" in facts:
        shown["reason"] = WORDS[language].reasons.get(facts["reason_code"], facts["reason"])
    return shown


def _text(greeting: str, entries: Sequence[_Entry], more: str, why: str) -> str:
    blocks = [greeting]
    for entry in entries:
        lines = [entry.headline, *(f"  {label}: {value}" for label, value in entry.rows)]
        blocks.append("\n".join([*lines, *([entry.note] if entry.note else [])]))
    blocks += [more] if more else []
    blocks.append(f"-- \n{why}")
    return "\n\n".join(blocks) + "\n"


def _html(language: Language, subject: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(subject)}</title></head>"
        f'<body style="font-family:sans-serif;color:#222;max-width:36em">{body}</body></html>\n'
    )


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _small(why: str) -> str:
    return f'<p style="color:#777;font-size:smaller">{escape(why)}</p>'


def _block(entry: _Entry) -> str:
    rows = "".join(
        f'<tr><td style="color:#777;padding-right:1em">{escape(label)}</td>'
        f"<td>{escape(value)}</td></tr>"
        for label, value in entry.rows
    )
    headline = f'<h2 style="font-size:1.1em">{escape(entry.headline)}</h2>'
    return f"{headline}<table>{rows}</table>{_paragraph(entry.note)}"
