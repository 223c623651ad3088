"""Statements by name."""

import pytest

from storage.queries import Queries, QueryNameError


def test_statements_are_found_by_name_without_their_comments() -> None:
    queries = Queries("-- about the file\n\n-- name: one\n-- why\nSELECT 1\n-- name: two\nSELECT 2")
    assert list(queries) == ["one", "two"]
    assert queries["one"] == b"SELECT 1"
    assert queries["two"] == b"SELECT 2"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(QueryNameError, match="'three'"):
        Queries("-- name: one\nSELECT 1")["three"]


def test_a_name_that_is_there_twice_is_an_error() -> None:
    with pytest.raises(QueryNameError, match="one is there twice"):
        Queries("-- name: one\nSELECT 1\n-- name: one\nSELECT 2")


def test_an_empty_statement_is_an_error() -> None:
    with pytest.raises(QueryNameError, match="one is empty"):
        Queries("-- name: one\n-- name: two\nSELECT 2")


def test_the_shipped_file_loads() -> None:
    assert {"accept_analysis", "find_analysis", "record_outcomes"} <= set(Queries.load())
