"""Bounds of labels leave room for all that the product names itself: none of it is `_OTHER`."""

from collections.abc import Collection
from typing import get_args

import pytest

from ingest_api import errors
from ingest_api.policies import POLICIES
from schemas.events import Lane
from schemas.failures import FailureCode
from schemas.labels import COCO_LABELS
from schemas.roles import Tier
from storage.audit_events import Action
from storage.queries import Queries
from telemetry import metric_labels as labels
from telemetry.metric_labels import OTHER, Bounds, Label
from telemetry.metrics import declared
from topics.catalog import ALL

OF = {attribute: metric.labels for attribute, metric in declared()}


def label_of(attribute: str, name: str) -> Label:
    return next(label for label in OF[attribute] if label.name == name)


@pytest.mark.parametrize(
    ("label", "named"),
    [
        (labels.TOPIC, [topic.name for topic in ALL]),
        (labels.GROUP, {group for topic in ALL for group in topic.groups}),
        (labels.ROUTE, {path for _, path in POLICIES} | {"unmatched", "refused"}),
        (labels.METHOD, {method for method, _ in POLICIES}),
        (labels.LANE, get_args(Lane)),
        (labels.TIER, get_args(Tier)),
        (label_of("outcomes", "code"), {"completed", *(code.value for code in FailureCode)}),
        (label_of("audit_events", "action"), [action.value for action in Action]),
        (label_of("database_seconds", "db_operation_name"), [*Queries.load(), "SELECT", "BEGIN"]),
        (label_of("detected_objects", "class"), COCO_LABELS),
        (
            labels.REASON,
            {one.code for one in vars(errors).values() if isinstance(one, errors.Refusal)},
        ),
    ],
    ids=lambda given: given.name if isinstance(given, Label) else "",
)
def test_there_is_room_for_every_name_of_ours(label: Label, named: Collection[str]) -> None:
    bounds = Bounds([label])
    assert [name for name in named if bounds.within([name]) == [OTHER]] == []


def test_every_status_of_ours_is_one_of_them() -> None:
    refusals = (one for one in vars(errors).values() if isinstance(one, errors.Refusal))
    assert {str(one.status) for one in refusals} <= labels.STATUS.values
