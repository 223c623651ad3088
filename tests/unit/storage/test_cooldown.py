"""A dead server is left alone, then probed."""

from storage.cooldown import Cooldown


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def failing(times: int, clock: Clock) -> Cooldown:
    cooldown = Cooldown(failures=3, pause_s=5, clock=clock)
    for _ in range(times):
        cooldown.failed()
    return cooldown


def test_it_allows_until_the_failures_in_a_row_are_enough() -> None:
    assert failing(2, Clock()).allows()
    assert not failing(3, Clock()).allows()


def test_a_success_between_starts_the_count_again() -> None:
    cooldown = failing(2, Clock())
    cooldown.succeeded()
    cooldown.failed()
    assert cooldown.allows()


def test_after_the_pause_one_probe_is_allowed() -> None:
    clock = Clock()
    cooldown = failing(3, clock)
    clock.now += 5
    assert cooldown.allows()
    assert not cooldown.allows()
    cooldown.failed()
    clock.now += 4.9
    assert not cooldown.allows()
    clock.now += 0.2
    assert cooldown.allows()


def test_a_probe_that_succeeds_ends_it() -> None:
    clock = Clock()
    cooldown = failing(7, clock)
    clock.now += 5
    assert cooldown.allows()
    cooldown.succeeded()
    assert cooldown.allows()
    assert cooldown.allows()
