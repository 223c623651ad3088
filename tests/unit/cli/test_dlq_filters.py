"""What the operator says is what is taken, and what names nothing is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from cli.dlq_filters import LetterFilter, to_filter, to_place
from cli.exit_codes import ConfigurationError
from tests.unit.cli.letters import REQUEST_ID, inbox_letter, letter_of
from topics.catalog import DEAD_LETTERS

NOTHING: dict[str, Any] = dict.fromkeys(("topic", "reason", "tenant", "request", "since"))


def asked(*places: str, **said: Any) -> LetterFilter:
    return to_filter(places, **(NOTHING | said))


def test_nothing_said_chooses_nothing_and_takes_all() -> None:
    everything = asked()
    assert not everything.chooses
    assert everything.topics == DEAD_LETTERS
    assert everything.takes(letter_of())
    assert everything.takes(inbox_letter(tenant_id=""))


def test_a_place_is_written_as_it_is_shown() -> None:
    letter = letter_of(offset=17)
    assert to_place(letter.record.place) == letter.place == ("image-submitted-dlq", 3, 17)
    wanted = asked(letter.record.place, "analysis-failed-dlq[0]@0")
    assert wanted.chooses
    assert {topic.name for topic in wanted.topics} == {"image-submitted-dlq", "analysis-failed-dlq"}
    assert wanted.takes(letter)
    assert not wanted.takes(letter_of(offset=18))


@pytest.mark.parametrize(
    "text",
    ["", "17", "image-submitted-dlq", "image-submitted-dlq[0]", "image-submitted-dlq[x]@1",
     "image-submitted-dlq[0]@-1", "image-submitted-dlq[0]@1 ", "image-submitted[0]@1",
     "image-submitted-dlq[٣]@1", "image-submitted-dlq[0]@" + "9" * 19, "cats-dlq[0]@1"],
)  # fmt: skip
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"not a place|has no dead letters"):
        to_place(text)


@pytest.mark.parametrize("name", ["image-submitted", "image-submitted-dlq"])
def test_a_topic_is_named_with_or_without_its_ending(name: str) -> None:
    wanted = asked(topic=name)
    assert [topic.name for topic in wanted.topics] == ["image-submitted-dlq"]
    assert wanted.takes(letter_of())
    assert not wanted.takes(inbox_letter())


@pytest.mark.parametrize("name", ["", "cats", "image-submitted-retry", "cancel-requested", "-dlq"])
def test_a_topic_without_dead_letters_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ConfigurationError, match="image-submitted-dlq"):
        asked(topic=name)


def test_reason_and_request_are_those_of_the_letter() -> None:
    letter = letter_of()
    assert asked(reason="internal_error").takes(letter)
    assert not asked(reason="internal").takes(letter)
    assert asked(request=REQUEST_ID).takes(letter)
    assert not asked(request=UUID(int=1)).takes(letter)
    assert not asked(reason="internal_error", request=UUID(int=1)).takes(letter)


def test_the_tenant_of_an_inbox_letter_is_that_of_its_credential() -> None:
    assert asked(tenant="acme").takes(letter_of())
    assert not asked(tenant="globex").takes(letter_of())
    assert asked(tenant="acme").takes(inbox_letter(tenant_id="acme"))
    assert not asked(tenant="acme").takes(inbox_letter("credential_invalid", tenant_id=""))


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
    ],
)
def test_since_may_be_an_age(text: str, age: timedelta) -> None:
    wanted = asked(since=text)
    assert wanted.since is not None
    assert timedelta() <= datetime.now(UTC) - age - wanted.since < timedelta(minutes=1)


def test_since_may_be_a_moment_and_counts_it() -> None:
    letter = letter_of(failed_at="2026-03-01T12:00:00+00:00")
    for text in ("2026-03-01", "2026-03-01T12:00Z", "2026-03-01T13:00+01:00", "2026-03-01T12:00"):
        assert asked(since=text).takes(letter), text
    assert not asked(since="2026-03-01T12:00:01Z").takes(letter)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2x", "-5m", "5 m", "2026-13-01", "٣h", "999999d"]
)
def test_since_that_says_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="must be an age"):
        asked(since=text)
