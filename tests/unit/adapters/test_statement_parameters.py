"""What the connection makes of a statement's parameters before psycopg sends them."""

import re

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import Format

from hub.adapters.postgres import compiled
from hub.adapters.postgres.arrays import TextsDumper
from hub.adapters.postgres.connection import numbered

TEXT_ARRAY_OID = 1009
STATEMENTS = [name for name in vars(compiled) if name.isupper()]
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


@given(st.lists(st.none() | texts | st.sampled_from(["", "NULL", '{"a": "\\\\"}', "a,b", " "])))
def test_an_array_of_texts_reads_back_as_it_was(values):
    sent = bytes(TextsDumper(list).dump(values))
    assert Transformer().get_loader(TEXT_ARRAY_OID, Format.TEXT).load(sent) == values


def test_an_array_with_a_nul_is_refused():
    with pytest.raises(psycopg.DataError):
        TextsDumper(list).dump(["fine", "half\x00lost"])


def test_an_array_of_numbers_is_sent_as_psycopg_sends_it():
    transformer = Transformer()
    ours = TextsDumper(list, transformer).upgrade([1, None, 3], PyFormat.TEXT)
    assert ours.dump([1, None, 3]) == b"{1,NULL,3}"


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
