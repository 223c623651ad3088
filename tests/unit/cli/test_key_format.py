"""API keys as text."""

import re

import pytest

from storage.key_format import hash_api_key, is_well_formed, mint_api_key


def test_keys_are_recognisable_and_new_each_time() -> None:
    keys = {mint_api_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(re.fullmatch(r"aia_[0-9A-Za-z]{36}", key) for key in keys)
    assert all(map(is_well_formed, keys))


def test_one_wrong_character_is_noticed() -> None:
    key = mint_api_key()
    for place in range(len(key)):
        other = "a" if key[place] != "a" else "b"
        assert not is_well_formed(key[:place] + other + key[place + 1 :])


@pytest.mark.parametrize("key", ["", "aia_", "x" * 40, "aia_" + "é" * 36, "aia_" + "0" * 36 + "0"])
def test_what_is_no_key(key: str) -> None:
    assert not is_well_formed(key)


def test_the_checksum_does_not_change_between_versions() -> None:
    assert is_well_formed("aia_" + "0" * 30 + "0oVNpt")


def test_the_hash_is_of_the_whole_key() -> None:
    key = mint_api_key()
    assert len(hash_api_key(key)) == 32
    assert hash_api_key(key) != hash_api_key(key[:-1])
    assert len(hash_api_key("\ud800")) == 32
