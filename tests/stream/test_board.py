"""The board: the latest of each symbol, in order, to whoever asked; what went before; gaps."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.board import Board
from stream.updates import Content, Cursor, Numbers, Update, update_from_record
from tests.stream.market import utc

NOON = utc("2012-06-01T16:00")
APPLE, MICROSOFT, EVERY = ("quotes", "AAPL"), ("quotes", "MSFT"), ("quotes", "*")


class Ear:
    """Writes down what it is delivered, and in how many pieces."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []
        self.pieces = 0
        self.gaps = 0

    def deliver(self, updates: Sequence[Update]) -> None:
        self.pieces += 1
        self.heard += [(update.symbol, update.sequence) for update in updates]

    def missed(self) -> None:
        self.gaps += 1


def at_once(window: int = 10_000) -> Board:
    """A board that does not wait for the end of a turn."""
    return Board(lambda act: act(), window)


def quote(symbol: str) -> Quote:
    price = Decimal("10.00")
    return Quote(f"{symbol}-1", symbol, price, price, price, price, price, NOON)


def trade(symbol: str) -> Trade:
    return Trade(f"{symbol}-t", symbol, Decimal("10.00"), Decimal(5), NOON)


def told(board: Board, *contents: Content, epoch: int = 1) -> list[Update]:
    updates = Numbers(epoch).number(contents)
    for update in updates:
        board.put(update)
    return updates


def test_sequences_count_each_channel_and_symbol_without_gaps():
    updates = Numbers(7).number(
        [quote("AAPL"), trade("AAPL"), quote("MSFT"), quote("AAPL"), quote("AAPL")]
    )

    assert [(each.channel, each.symbol, each.sequence) for each in updates] == [
        ("quotes", "AAPL", 1),
        ("trades", "AAPL", 1),
        ("quotes", "MSFT", 1),
        ("quotes", "AAPL", 2),
        ("quotes", "AAPL", 3),
    ]
    assert [str(each.cursor) for each in updates] == ["7-1", "7-2", "7-3", "7-4", "7-5"]


def test_an_update_survives_its_record():
    (update,) = Numbers(7).number([trade("AAPL")])
    again = update_from_record(update.record())

    assert again.message() == update.message()
    assert again.content == update.content


def test_a_reader_hears_what_is_new_of_what_it_asked_for():
    board, ear = at_once(), Ear()
    board.subscribe(ear, [APPLE, MICROSOFT])
    told(board, quote("AAPL"), quote("IBM"), trade("AAPL"), quote("MSFT"))

    assert ear.heard == [("AAPL", 1), ("MSFT", 1)]


def test_what_stands_is_there_for_who_comes_later():
    board = at_once()
    told(board, quote("AAPL"), quote("MSFT"), quote("AAPL"), trade("IBM"))

    assert [(each.symbol, each.sequence) for each in board.snapshot([EVERY])] == [
        ("AAPL", 2),
        ("MSFT", 1),
    ]
    assert [each.symbol for each in board.snapshot([APPLE, ("trades", "IBM")])] == ["AAPL", "IBM"]


def test_updates_of_one_turn_come_in_one_piece():
    acts: list[Callable[[], None]] = []
    board, ear = Board(acts.append), Ear()
    board.subscribe(ear, [EVERY, APPLE])
    told(board, quote("AAPL"), quote("MSFT"), quote("AAPL"))
    (act,) = acts
    act()

    assert ear.heard == [("AAPL", 1), ("MSFT", 1), ("AAPL", 2)]
    assert ear.pieces == 1


def test_thousands_of_readers_do_not_hold_the_loop_up():
    acts: list[Callable[[], None]] = []
    board, ears = Board(acts.append), [Ear() for _ in range(4_500)]
    for ear in ears:
        board.subscribe(ear, [APPLE])
    told(board, quote("AAPL"))
    heard = []
    while acts:
        acts.pop()()
        heard.append(sum(ear.pieces for ear in ears))

    assert heard == list(range(250, 4_501, 250))


def test_who_waits_in_line_gets_what_came_meanwhile_in_the_same_piece():
    acts: list[Callable[[], None]] = []
    board, ears = Board(acts.append), [Ear() for _ in range(500)]
    for ear in ears:
        board.subscribe(ear, [APPLE, MICROSOFT])
    told(board, quote("AAPL"), quote("MSFT"))
    acts.pop()()
    late = Numbers(2).number([quote("AAPL")])
    board.put(*late)
    acts.pop()()
    served = sorted((ear.pieces, len(ear.heard)) for ear in ears)
    acts.pop()()

    assert served == [(1, 2)] * 250 + [(1, 3)] * 250
    assert {(ear.pieces, len(ear.heard)) for ear in ears} == {(1, 3), (2, 3)}


def test_who_asks_for_less_or_more_is_told_first_what_waits():
    acts: list[Callable[[], None]] = []
    board, ear, other = Board(acts.append), Ear(), Ear()
    for each in (ear, other):
        board.subscribe(each, [APPLE])
    told(board, quote("AAPL"))
    board.subscribe(ear, [MICROSOFT])
    assert (ear.heard, other.heard) == ([("AAPL", 1)], [])

    for act in acts:
        act()
    assert ear.heard == other.heard == [("AAPL", 1)]


def test_what_is_old_is_encoded_anew_for_who_resumes():
    encoded: list[int] = []

    def encode(message: dict[str, Any]) -> bytes:
        encoded.append(message["sequence"])
        return b"x"

    board = at_once()
    updates = told(board, *[quote("AAPL")] * 1_000)
    for _ in range(2):
        updates[0].frame(encode)
        updates[0].snapshot(encode)
    told(board, quote("MSFT"), epoch=2)
    updates[0].frame(encode)

    assert encoded == [1, 1, 1]


def test_a_late_copy_of_something_older_changes_nothing():
    board, ear = at_once(), Ear()
    first, second = told(board, quote("AAPL"), quote("AAPL"))
    board.subscribe(ear, [APPLE])
    board.put(first)
    board.put(second)
    board.show(first)

    assert ear.heard == []
    assert [each.sequence for each in board.snapshot([APPLE])] == [2]


def test_a_new_leader_counts_from_one_again():
    board = at_once()
    told(board, *[quote("AAPL")] * 50)
    told(board, quote("AAPL"), epoch=2)

    (held,) = board.snapshot([APPLE])
    assert (held.cursor, held.sequence) == (Cursor(2, 1), 1)
    assert board.gaps == 0


def test_who_left_hears_nothing_more():
    board, ear = at_once(), Ear()
    board.subscribe(ear, [EVERY, APPLE])
    board.unsubscribe(ear, [EVERY, APPLE, ("bars", "never asked")])
    told(board, quote("AAPL"))

    assert (ear.heard, board.topics) == ([], 0)


def test_what_was_told_after_a_place_can_be_told_again_over_a_change_of_leader():
    board = at_once()
    told(board, quote("AAPL"), quote("MSFT"), quote("AAPL"), trade("AAPL"))
    told(board, quote("AAPL"), epoch=2)

    after = board.since(Cursor(1, 1), [APPLE])
    assert after is not None
    assert [str(each.cursor) for each in after] == ["1-3", "2-1"]
    assert board.since(Cursor(2, 1), [APPLE]) == []
    assert board.since(Cursor(2, 2), [APPLE]) is None
    assert board.since(Cursor(0, 1), [APPLE]) is None


def test_what_is_older_than_the_window_is_not_known():
    board = at_once(window=10)
    told(board, *[quote("AAPL")] * 30)

    assert board.since(Cursor(1, 1), [APPLE]) is None
    after = board.since(Cursor(1, 21), [APPLE])
    assert after is not None
    assert len(after) == 9


def test_updates_that_were_missed_are_noticed():
    board, ear = at_once(), Ear()
    board.subscribe(ear, [APPLE])
    updates = Numbers(1).number([quote("AAPL")] * 4)
    for update in (updates[0], updates[1], updates[3]):
        board.put(update)
    missed_its_beginning = Numbers(2).number([quote("AAPL")] * 2)[1]
    board.put(missed_its_beginning)

    assert (board.gaps, ear.gaps) == (2, 2)
    assert [sequence for _, sequence in ear.heard] == [1, 2, 4, 2]


def test_a_symbol_may_contain_a_dash():
    board = at_once()
    told(board, quote("BRK-B"))

    assert board.quote("BRK-B") == quote("BRK-B")
