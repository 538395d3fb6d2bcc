"""What a report of chaos says of recoveries."""

from tests.e2e.chaos import Kill, recoveries


def test_a_gap_belongs_to_the_kill_before_it_or_in_it():
    moments = [0.0, 1.0, 1.5, 4.0, 4.5, 5.0, 9.0]
    kills = [Kill("PostgreSQL", 2.0), Kill("Valkey", 4.2), Kill("PostgreSQL", 8.0)]
    assert recoveries(kills, moments) == {"PostgreSQL": 4.0, "Valkey": 4.0}


def test_what_was_before_a_kill_is_not_its_doing():
    assert recoveries([Kill("Valkey", 6.0)], [0.0, 5.0, 6.5, 6.6]) == {"Valkey": 1.5}


def test_without_kills_nothing_recovers():
    assert recoveries([], [0.0, 7.0]) == {}
