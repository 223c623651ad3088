"""Sealed ids: read by the tenant they were made for, and by nobody else."""

import pytest

from ingest_api.event_ids import IdSealer, LogPlace, UnreadableIdError

SECRET = b"0123456789abcdef0123456789abcdef"
PLACE = LogPlace("a-log", {("image-analyzed", 0): 5, ("image-analyzed", 1): 0, ("x-y", 12): 7})


def test_what_was_sealed_is_read_again_by_any_replica_with_the_secret() -> None:
    for place in (PLACE, LogPlace(""), LogPlace("empty")):
        sealed = IdSealer(SECRET).seal("acme", place)
        assert IdSealer(SECRET).unseal("acme", sealed) == place


def test_it_tells_nothing() -> None:
    sealed = IdSealer(SECRET).seal("acme", PLACE)
    assert sealed.isascii()
    assert not set(sealed) & set(" \r\n\x00:")
    assert "log" not in sealed
    assert "image" not in sealed


def test_another_secret_or_tenant_reads_nothing() -> None:
    sealed = IdSealer(SECRET).seal("acme", PLACE)
    with pytest.raises(UnreadableIdError):
        IdSealer(SECRET[::-1]).unseal("acme", sealed)
    with pytest.raises(UnreadableIdError):
        IdSealer(SECRET).unseal("globex", sealed)


def test_every_changed_character_is_noticed() -> None:
    sealer = IdSealer(SECRET)
    sealed = sealer.seal("acme", PLACE)
    for at in range(len(sealed) - 1):
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        with pytest.raises(UnreadableIdError):
            sealer.unseal("acme", changed)


@pytest.mark.parametrize("text", ["", "=", "é", "a" * 8193, "\x00", "AAAA", " ", "____"])
def test_garbage_is_no_id(text: str) -> None:
    with pytest.raises(UnreadableIdError):
        IdSealer(SECRET).unseal("acme", text)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        IdSealer(b"short")


def test_distance_and_range_count_what_is_ahead_and_new_partitions_from_their_start() -> None:
    earlier = LogPlace("l", {("a", 0): 5, ("a", 1): 9})
    later = LogPlace("l", {("a", 0): 8, ("a", 1): 7, ("a", 2): 2})
    assert earlier.distance_to(later) == 5
    start, stop = earlier.range_to(later)
    assert dict(start) == {("a", 0): 5, ("a", 2): 0}
    assert dict(stop) == {("a", 0): 8, ("a", 2): 2}
