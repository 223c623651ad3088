"""What makes a worker ask to be started again, and what only makes it not ready."""

from collections.abc import Sequence

import pytest

from processors.liveness import Consumption, Liveness, NotLiveError
from processors.pulse import Pulse
from topics.errors import LogUnavailableError
from topics.membership import GroupView

WELL = GroupView(members=1, partitions=4, missing_topics=())


class Member:
    def __init__(self) -> None:
        self.has_partitions = True


class Broker:
    def __init__(self) -> None:
        self.view: GroupView | None = WELL
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    async def __call__(self, group: str, topics: Sequence[str]) -> GroupView:
        self.asked.append((group, tuple(topics)))
        if self.view is None:
            raise LogUnavailableError("the test says so")
        return self.view


class Ward:
    """One application under observation."""

    def __init__(self, *, grace_s: float = 0.0) -> None:
        self.member, self.broker = Member(), Broker()
        self.pulse = Pulse("image-submitted")
        self.one = Consumption(self.member, "detector", ("image-submitted",), (self.pulse,))
        self.liveness = Liveness(
            self.broker, [self.one],
            every_s=0.001, grace_s=grace_s, stuck_after_s=50,
        )  # fmt: skip

    async def problems(self) -> tuple[str, ...]:
        await self.liveness.look()
        return self.liveness.health().problems


@pytest.fixture
def ward() -> Ward:
    return Ward()


async def test_a_member_with_partitions_is_live_and_ready(ward: Ward) -> None:
    await ward.liveness.look()
    health = ward.liveness.health()
    assert (health.live, health.ready, health.problems) == (True, True, ())
    assert health.processors == ("detector",)
    assert ward.broker.asked == [("detector", ("image-submitted",))]


async def test_one_too_many_for_the_partitions_is_well_without_any(ward: Ward) -> None:
    ward.member.has_partitions = False
    assert not ward.liveness.health().ready
    ward.broker.view = GroupView(members=5, partitions=4, missing_topics=())
    assert await ward.problems() == ()
    assert ward.liveness.health().ready


@pytest.mark.parametrize(
    ("view", "has_partitions", "problem"),
    [
        (GroupView(1, 0, ("image-submitted",)), True, "topics missing: image-submitted"),
        (GroupView(0, 4, ()), True, "not a member"),
        (GroupView(1, 4, ()), False, "no partition"),
    ],
)
async def test_what_is_wrong_with_it_is_said_after_the_grace(
    ward: Ward, view: GroupView, has_partitions: bool, problem: str
) -> None:
    ward.broker.view, ward.member.has_partitions = view, has_partitions
    (found,) = await ward.problems()
    assert problem in found
    assert not ward.liveness.health().live
    with pytest.raises(NotLiveError, match=problem):
        await ward.liveness.run()


async def test_within_the_grace_it_is_live(ward: Ward) -> None:
    ward = Ward(grace_s=50)
    ward.broker.view = GroupView(0, 4, ())
    assert await ward.problems() == ()
    assert ward.liveness.health().live
    assert ward.one.ill_since is not None
    ward.one.ill_since -= 60
    assert await ward.problems() == ("detector: not a member of its group",)
    ward.broker.view = WELL
    assert await ward.problems() == ()


async def test_a_broker_that_does_not_answer_makes_nobody_ill(ward: Ward) -> None:
    ward.broker.view = GroupView(0, 4, ())
    assert await ward.problems() != ()
    ward.broker.view = None
    assert await ward.problems() == ()
    health = ward.liveness.health()
    assert (health.live, health.ready, health.holding) == (True, False, ("kafka",))
    ward.broker.view = WELL
    await ward.liveness.look()
    assert ward.liveness.health().ready


async def test_a_hold_makes_it_unready_and_keeps_it_live(ward: Ward) -> None:
    ward.pulse.taken()
    ward.pulse.hold("bucket")
    ward.pulse.last_progress -= 1000
    await ward.liveness.look()
    health = ward.liveness.health()
    assert (health.live, health.ready, health.holding) == (True, False, ("bucket",))


async def test_the_limit_makes_it_unready_and_keeps_it_live(ward: Ward) -> None:
    ward.pulse.taken()
    ward.pulse.stopped_by_limit = 1
    ward.pulse.last_progress -= 1000
    await ward.liveness.look()
    assert ward.liveness.health().live
    assert not ward.liveness.health().ready


async def test_work_that_stands_still_ends_the_worker(ward: Ward) -> None:
    ward.pulse.taken()
    ward.pulse.last_progress -= 60
    with pytest.raises(NotLiveError, match="image-submitted: no progress"):
        await ward.liveness.run()
