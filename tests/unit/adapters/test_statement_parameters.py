"""What the connection makes of a statement's parameters before psycopg sends them."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import Transformer
from psycopg.pq import Format

from hub.adapters.postgres import compiled
from hub.adapters.postgres.arrays import array_text
from hub.adapters.postgres.connection import numbered
from hub.domain.orders.order import Side

TEXT_ARRAY_OID, NUMERIC_ARRAY_OID, BYTEA_ARRAY_OID = 1009, 1231, 1001
STATEMENTS = [name for name in vars(compiled) if name.isupper()]
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


def read_back(sent, array_oid):
    """What psycopg makes of an array's text, as if the database had answered with it."""
    return Transformer().get_loader(array_oid, Format.TEXT).load(sent.encode())


@given(st.lists(st.none() | texts | st.sampled_from(["", "NULL", '{"a": "\\\\"}', "a,b", " "])))
def test_an_array_of_texts_reads_back_as_it_was(values):
    assert read_back(array_text(values), TEXT_ARRAY_OID) == values


@given(st.lists(st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=9)))
def test_an_array_of_decimals_reads_back_exact(values):
    assert read_back(array_text(values), NUMERIC_ARRAY_OID) == values


@given(st.lists(st.none() | st.binary()))
def test_an_array_of_bytes_reads_back_as_it_was(values):
    assert read_back(array_text(values), BYTEA_ARRAY_OID) == values


@given(st.lists(st.none() | st.datetimes(timezones=st.just(UTC))))
def test_an_array_of_moments_names_each_to_the_microsecond_with_its_zone(values):
    written = read_back(array_text(values), TEXT_ARRAY_OID)
    assert [each and datetime.fromisoformat(each) for each in written] == values


def test_numbers_days_and_words_of_an_enumeration_are_written_plainly():
    assert array_text([1, None, -3]) == "{1,NULL,-3}"
    assert array_text([date(2012, 6, 1)]) == "{2012-06-01}"
    assert array_text([Side.BUY]) == '{"buy"}'
    assert array_text([]) == "{}"


def test_an_array_with_a_nul_is_refused():
    with pytest.raises(ValueError, match="NUL"):
        array_text(["fine", "half\x00lost"])


@pytest.mark.parametrize("value", [1.5, 1j, ["nested"]])
def test_what_no_column_holds_is_refused(value):
    with pytest.raises(TypeError):
        array_text([value])


def test_a_parameter_that_stands_twice_is_sent_once():
    assert numbered("SELECT %(b)s::UUID, %(a)s::TEXT, %(b)s::UUID") == (
        "SELECT $1::UUID, $2::TEXT, $1::UUID",
        ("b", "a"),
    )


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_unchanged_but_for_its_parameters(name):
    sql = getattr(compiled, name)
    text, names = numbered(sql)
    assert "%" not in text
    assert re.sub(r"\$(\d+)", lambda n: f"%({names[int(n[1]) - 1]})s", text) == sql
