"""Every alert of the rules has a fault that fires it, or a reason why it cannot be made."""

from collections import Counter

from tests.alerts.table import NOT_INJECTED, ORDER
from tests.contract.telemetry.test_alert_rules import ALERTS


def test_every_alert_is_fired_by_one_fault_or_has_a_reason() -> None:
    fired = Counter(one.name for fault in ORDER for one in fault.alerts)
    assert set(fired) | set(NOT_INJECTED) == set(ALERTS)
    assert not set(fired) & set(NOT_INJECTED)
    assert set(fired.values()) == {1}


def test_each_reason_is_a_sentence() -> None:
    assert all(len(why.split()) > 3 for why in NOT_INJECTED.values())


def test_what_is_chosen_by_name_is_that_alone() -> None:
    chosen = list(ORDER.of({"NothingRuns", "LimitsNotShared"}))
    assert {one.name for fault in chosen for one in fault.alerts} == {
        "NothingRuns", "LimitsNotShared",
    }  # fmt: skip
