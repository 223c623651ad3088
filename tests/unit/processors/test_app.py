"""Every topic that is consumed has one role, and a worker knows what it can run."""

from pathlib import Path

import pytest

from processors.app import ERRANDS, NAMES, ROLES, run_worker
from processors.settings import WorkerSettings
from tests.unit.processors.test_parts import config
from topics.catalog import CONSUMED


def test_every_consumed_topic_is_worked_by_one_role_in_its_group() -> None:
    worked = [(topic.name, role.group) for role in ROLES.values() for topic in role.topics]
    assert sorted(worked) == sorted((topic.name, topic.groups[0]) for topic in CONSUMED)
    assert set(NAMES) == {*ROLES, *ERRANDS}


@pytest.mark.parametrize("names", [(), ("detekt",), ("detect", "everything")])
def test_an_unknown_processor_is_refused_with_a_list_of_those_there_are(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="fetch, fetch-bulk, detect"):
        run_worker(names, config(tmp_path))


def test_partitions_are_let_go_before_the_group_gives_the_worker_up() -> None:
    with pytest.raises(ValueError, match="drain_s"):
        WorkerSettings(drain_s=10, rebalance_timeout_s=10)
    settings = WorkerSettings()
    assert settings.drain_s < settings.stop_deadline_s
    assert settings.live_grace_s >= settings.session_timeout_s


def test_children_are_as_many_as_cores_unless_told() -> None:
    assert WorkerSettings().child_count >= 1
    assert WorkerSettings(children=7).child_count == 7
