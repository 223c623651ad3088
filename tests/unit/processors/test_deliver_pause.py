"""How long a delivery waits, and when it has waited enough."""

from datetime import UTC, datetime, timedelta

import pytest

from outbound.settings import WebhookSettings
from processors.deliver_pause import Pauses, asked_pause

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = timedelta()
HOUR = timedelta(hours=1)


def longest(settings: WebhookSettings | None = None) -> Pauses:
    return Pauses(settings or WebhookSettings(), chance=lambda: 0.0)


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [longest().after(number, START) for number in (1, 2, 3, 10, 11, 40)]
    assert pauses == [timedelta(seconds=s) for s in (5, 10, 20, 2560, 3600, 3600)]


def test_chance_takes_up_to_a_half_away() -> None:
    shortest = Pauses(WebhookSettings(), chance=lambda: 1.0)
    assert shortest.after(2, START) == timedelta(seconds=5)
    spread = {Pauses(WebhookSettings()).after(5, START) for _ in range(50)}
    assert len(spread) > 25


def test_what_the_receiver_asks_for_counts_up_to_the_longest_pause() -> None:
    minute = timedelta(minutes=1)
    assert longest().after(1, START, asked=minute) == minute
    assert longest().after(8, START, asked=minute) == timedelta(seconds=640)
    assert longest().after(1, START, asked=9 * HOUR) == HOUR


def test_the_defaults_give_up_after_about_a_day() -> None:
    waited, number, pauses = START, 0, longest()
    while (pause := pauses.after(number := number + 1, waited)) is not None:
        waited += pause
    assert timedelta(hours=22) < waited <= timedelta(hours=24)


def test_the_number_of_attempts_ends_it_too() -> None:
    pauses = longest(WebhookSettings(max_attempts=3))
    assert pauses.after(2, START) is not None
    assert pauses.after(3, START) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("120", timedelta(seconds=120)),
        (" 0 ", START),
        ("99999999999999999999", timedelta(seconds=10**9)),
        ("Sun, 01 Mar 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Sun, 01 Mar 2026 12:01:00 -0000", timedelta(minutes=1)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", START),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, expected: timedelta | None) -> None:
    assert asked_pause(header, NOW) == expected
