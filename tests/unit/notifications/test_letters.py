"""Messages: in the customer's language, with its figures, and nothing in them taken for HTML."""

from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from hub.domain.notifications import figures
from hub.domain.notifications.letters import _ROWS, MOST_SHOWN, Told, letter
from hub.domain.notifications.preferences import Language, Topic
from hub.domain.notifications.wording import GUARDS, TOPICS, WORDS

ENGLISH, PORTUGUESE = Language.ENGLISH, Language.PORTUGUESE
FACTS = {
    "order_id": "01900000-0000-7000-8000-000000000003",
    "symbol": "AAPL",
    "side": "buy",
    "ordered": "1200.5",
    "filled": "1200.5",
    "quantity": "300",
    "average": "585.4",
    "price": "585.40",
    "value": "702772.7",
    "fees": "0.07",
    "currency": "USD",
    "exchange": "XNYS",
    "at": "2012-06-01T15:00:00+00:00",
    "reason_code": "insufficient_buying_power",
    "reason": "the account lacks <b>cash</b> & more",
}
LISBON = ZoneInfo("Europe/Lisbon")


class Reader(HTMLParser):
    """The tags that a browser would see, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.seen = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.seen += data


def told(kind: str = "OrderExecuted", **facts: str) -> Told:
    return Told(TOPICS[kind], kind, {**FACTS, **facts})


def test_in_english():
    written = letter([told()], ENGLISH, LISBON)
    assert written.subject == "Bought 1,200.5 AAPL at $585.40"
    assert written.brief == "Hub: Bought 1,200.5 AAPL at $585.40"
    assert written.text.splitlines()[:8] == [
        "Hello,",
        "",
        "Bought 1,200.5 AAPL at $585.40",
        "  Quantity: 1,200.5",
        "  Average price: $585.40",
        "  Value: $702,772.70",
        "  Fees: $0.07",
        "  Time: Jun 1, 2012, 11:00 AM EDT",
    ]


def test_in_portuguese():
    written = letter([told("OrderFailed", side="sell")], PORTUGUESE, LISBON)
    assert written.subject == "Sua ordem de venda de 1.200,5 AAPL falhou"
    assert "  Motivo: o saldo disponível não é suficiente" in written.text
    assert "  Horário: 1 de jun. de 2012, 11:00 EDT" in written.text
    assert '<html lang="pt">' in written.html


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", TOPICS)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_whatever_happens_has_words_in_every_language(language: Language, kind: str, side: str):
    written = letter([told(kind, side=side)], language, LISBON)
    for text in (*written[:2], written.brief):
        assert "AAPL" in text
        assert "{" not in text
    assert WORDS[language].labels.keys() == WORDS[ENGLISH].labels.keys()
    assert set(_ROWS[kind]) <= WORDS[language].labels.keys()


def test_the_languages_say_of_each_kind_the_same():
    def named(words: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(words)} - {None}

    english, portuguese = WORDS[ENGLISH], WORDS[PORTUGUESE]
    assert english.headlines.keys() == portuguese.headlines.keys()
    assert english.notes.keys() == portuguese.notes.keys()
    for key, words in english.headlines.items():
        assert named(words) == named(portuguese.headlines[key]), key


def test_nothing_that_is_told_is_taken_for_html():
    evil = '"><script>alert(1)</script>&lt;'
    written = letter([told("OrderFailed", symbol=evil, reason=evil)], ENGLISH, LISBON)
    read = Reader(written.html)
    assert "script" not in read.tags
    assert evil in read.seen


def test_of_many_some_are_shown_and_the_rest_counted():
    written = letter(
        [told(symbol=f"S{number}") for number in range(MOST_SHOWN + 7)], ENGLISH, LISBON
    )
    assert written.subject == f"{MOST_SHOWN + 7} notifications from Hub"
    assert f"S{MOST_SHOWN - 1} " in written.text
    assert f"S{MOST_SHOWN} " not in written.text
    assert "and 7 more" in written.text
    assert "and 7 more" in Reader(written.html).seen


@pytest.mark.parametrize("kind", GUARDS)
def test_what_is_about_safety_is_told_by_the_customers_clock(kind: str):
    facts = {"at": "2012-07-01T15:00:00+00:00"}
    guard = Told(Topic.SECURITY, kind, facts)
    for language, time, note in (
        (ENGLISH, "Jul 1, 2012, 4:00 PM WEST", "If it was not you"),
        (PORTUGUESE, "1 de jul. de 2012, 16:00 WEST", "Se não foi você"),
    ):
        written = letter([guard], language, LISBON)
        assert WORDS[language].always in written.text
        for text in (time, note):
            assert text in written.text
            assert text in Reader(written.html).seen


@pytest.mark.parametrize(
    ("value", "english", "portuguese"),
    [
        ("0", "$0.00", "US$\u00a00,00"),
        ("-1234567.8", "-$1,234,567.80", "-US$\u00a01.234.567,80"),
        ("0.0001", "$0.0001", "US$\u00a00,0001"),
        ("12345678901234567890.123456", "$12,345,678,901,234,567,890.123456", None),
    ],
)
def test_amounts_are_exact_and_grouped(value: str, english: str, portuguese: str | None):
    assert figures.amount(Decimal(value), "USD", ENGLISH) == english
    if portuguese is not None:
        assert figures.amount(Decimal(value), "USD", PORTUGUESE) == portuguese
    assert figures.amount(Decimal(1), "BRL", PORTUGUESE) == "BRL\u00a01,00"


def test_times_are_those_of_the_market():
    winter = datetime(2012, 12, 3, 17, 5, tzinfo=UTC)
    assert figures.moment(winter, "XNYS", ENGLISH) == "Dec 3, 2012, 12:05 PM EST"
    assert figures.moment(winter, "BVMF", PORTUGUESE) == "3 de dez. de 2012, 15:05 -02"
    assert figures.moment(winter.replace(hour=5), "XNYS", ENGLISH) == "Dec 3, 2012, 12:05 AM EST"
