"""Rows that outlive the process: what is left after changes, and after a disk that was full."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from local.journal import Journal, Row


def rows_in(file: Path) -> list[Row]:
    journal = Journal(file)
    rows = list(journal.rows())
    journal.close()
    return rows


async def test_only_the_last_state_of_a_row_is_left(tmp_path: Path) -> None:
    file = tmp_path / "j.sqlite"
    journal = Journal(file)
    one, two, three = (journal.next_seq() for _ in range(3))
    journal.put(Row(one, "a", "new"))
    journal.put(Row(two, "b", "new"))
    await journal.flush()
    journal.change(one, "changed")
    journal.drop(two)
    journal.put(Row(three, "c", "new"))
    journal.change(three, "changed at once")
    await journal.flush()
    journal.close()
    assert rows_in(file) == [Row(one, "a", "changed"), Row(three, "c", "changed at once")]


async def test_changes_not_flushed_are_written_on_close(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    journal.put(Row(journal.next_seq(), "a", "new"))
    journal.close()
    assert rows_in(tmp_path / "j.sqlite") == [Row(1, "a", "new")]


async def test_numbers_go_on_where_the_rows_end(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    journal.put(Row(journal.next_seq(), "a", "new"))
    journal.close()
    again = Journal(tmp_path / "j.sqlite")
    assert again.next_seq() == 2
    again.close()


async def test_changes_of_one_turn_share_a_commit(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    statements: list[str] = []
    assert journal._database is not None
    journal._database.set_trace_callback(statements.append)

    async def put() -> None:
        journal.put(Row(journal.next_seq(), "a", "new"))
        await journal.flush()

    await asyncio.gather(*(put() for _ in range(5)))
    assert statements.count("COMMIT") == 1
    journal.close()


async def test_a_full_disk_reaches_who_waits_and_is_written_when_there_is_room(
    tmp_path: Path,
) -> None:
    file = tmp_path / "j.sqlite"
    journal = Journal(file)
    assert journal._database is not None
    journal._database.execute("PRAGMA max_page_count = 3")
    journal.put(Row(1, "x" * 100_000, "new"))
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await journal.flush()
    journal._database.execute("PRAGMA max_page_count = 1000")
    journal.put(Row(2, "y", "new"))
    await journal.flush()
    journal.close()
    assert [row.seq for row in rows_in(file)] == [1, 2]


async def test_without_a_file_nothing_is_kept() -> None:
    journal = Journal(None)
    journal.put(Row(journal.next_seq(), "a", "new"))
    await journal.flush()
    assert list(journal.rows()) == []
    journal.close()
