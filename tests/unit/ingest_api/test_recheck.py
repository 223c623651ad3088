"""A credential is asked about when it is time, and not more often."""

import pytest

from ingest_api.recheck import Recheck


class Asked:
    """Good until it is not."""

    def __init__(self) -> None:
        self.times = 0
        self.is_good = True

    async def __call__(self) -> bool:
        self.times += 1
        return self.is_good


@pytest.mark.parametrize(("every_s", "times"), [(3600.0, 0), (0.0, 3)])
async def test_it_is_asked_when_it_is_time(every_s: float, times: int) -> None:
    asked = Asked()
    recheck = Recheck(asked, every_s=every_s)
    for _ in range(3):
        assert await recheck.passes()
    assert asked.times == times
    asked.is_good = False
    assert await recheck.passes() == (times == 0)
