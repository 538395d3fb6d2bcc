"""Exact arithmetic: what rounds, and how."""

from decimal import Decimal, Inexact, InvalidOperation

import pytest

from hub.domain.kernel import (
    exact_product,
    exact_sum,
    money,
    notional,
    plain,
    price_increment,
    ratio,
    unit_price,
)

D = Decimal


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.0000005", "0.000000"),
        ("0.0000015", "0.000002"),
        ("0.0000025", "0.000002"),
        ("0.00000250000000000000000000001", "0.000003"),
        ("-0.0000015", "-0.000002"),
        ("99999999999999.999999", "99999999999999.999999"),
    ],
)
def test_money_rounds_half_to_even_at_the_millionth(amount: str, rounded: str):
    assert str(money(D(amount))) == rounded


def test_the_widest_product_is_exact():
    price, quantity = D("99999999999999.999999"), D("99999999999.999999999")
    sign, digits, exponent = exact_product(price, quantity).as_tuple()
    assert (sign, exponent) == (0, -15)
    assert int("".join(map(str, digits))) == (10**20 - 1) * (10**20 - 1)


def test_a_sum_that_would_round_is_an_error():
    with pytest.raises(Inexact):
        exact_sum(D("1e59"), D("0.01"))


def test_a_notional_is_rounded_once():
    # 0.0000005 rounds to even, downward; a rounding at nine places first would send 0.00000050005
    # the same way.
    assert notional(D("0.0500"), D("0.00001")) == D("0.000000")
    assert notional(D("0.05"), D("0.000010001")) == D("0.000001")


def test_shares_of_an_amount():
    assert ratio(D(100), D(1), D(3)) == D("33.333333")
    assert ratio(D(100), D(3), D(3)) == D(100)
    assert unit_price(D(100), D(3)) == D("33.333333")


def test_a_share_of_nothing_is_an_error():
    with pytest.raises((InvalidOperation, ZeroDivisionError)):
        ratio(D(1), D(1), D(0))


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        ("0", 0, "0"),
        ("0.000", 2, "0.00"),
        ("-0", 0, "0"),
        ("-0.00", 2, "0.00"),
        ("1E+3", 0, "1000"),
        ("1E-9", 0, "0.000000001"),
        ("10.500000", 2, "10.50"),
        ("10.123456", 2, "10.123456"),
        ("100", 0, "100"),
        ("100", 2, "100.00"),
        ("-1.50", 0, "-1.5"),
    ],
)
def test_a_number_is_written_plainly(number: str, places: int, text: str):
    assert plain(D(number), places) == text


@pytest.mark.parametrize(("price", "step"), [("0.9999", "0.0001"), ("1", "0.01"), ("5", "0.01")])
def test_the_increment_is_a_cent_from_one_dollar_on(price: str, step: str):
    assert price_increment(D(price)) == D(step)
