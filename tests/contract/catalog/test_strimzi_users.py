"""Access table and KafkaUsers say the same, and outsiders get no more than the examples."""

import copy

import pytest

from tests.contract.catalog.strimzi_files import (
    FOLDER,
    Manifest,
    files_in,
    grants_in,
    listed,
    read,
)
from topics.access import CONSUMER, OUTSIDERS, PRINCIPALS, PRODUCER, Grant, Principal, grants_of
from topics.manifests_users import QUOTAS

OWN = [one for one in PRINCIPALS if one not in OUTSIDERS]
EACH = pytest.mark.parametrize("principal", PRINCIPALS, ids=lambda principal: principal.name)


def manifest_of(principal: Principal) -> Manifest:
    suffix = "-example" if principal in OUTSIDERS else ""
    return read(FOLDER / "users" / f"{principal.name}{suffix}.yaml")


def copies_of_examples() -> list[Manifest]:
    """Users of outsiders that somebody has added."""
    written = {f"{one.name}.yaml" for one in OWN} | {
        f"{one.name}-example.yaml" for one in OUTSIDERS
    }
    return [read(path) for path in files_in("users") if path.name not in written]


def exceeds_both_examples(user: Manifest) -> bool:
    return not any(
        all(_is_within(grant, grants_of(example)) for grant in grants_in(user))
        for example in OUTSIDERS
    )


def _is_within(grant: Grant, allowed: tuple[Grant, ...]) -> bool:
    return any(
        grant.resource_type == other.resource_type
        and set(grant.operations) <= set(other.operations)
        and (
            grant.name.startswith(other.name)
            if other.pattern_type == "prefixed"
            else (grant.name, grant.pattern_type) == (other.name, "literal")
        )
        for other in allowed
    )


def outsider(principal: Principal, *, name: str, **first_rule: object) -> Manifest:
    user = copy.deepcopy(manifest_of(principal))
    user["metadata"]["name"] = name
    user["spec"]["authorization"]["acls"][0].update(first_rule)
    return user


@EACH
def test_a_user_may_do_what_the_table_says(principal: Principal) -> None:
    assert tuple(grants_in(manifest_of(principal))) == grants_of(principal)


@EACH
def test_a_user_logs_in_with_scram_has_a_quota_and_belongs_to_the_cluster(
    principal: Principal,
) -> None:
    user, quota = manifest_of(principal), QUOTAS[principal]
    assert user["metadata"] == {
        "name": principal.name, "labels": {"strimzi.io/cluster": "image-analyzer"},
    }  # fmt: skip
    assert user["spec"]["authentication"] == {"type": "scram-sha-512"}
    assert user["spec"]["authorization"]["type"] == "simple"
    assert user["spec"]["quotas"] == {
        "producerByteRate": quota.in_bytes,
        "consumerByteRate": quota.out_bytes,
        "requestPercentage": quota.request_percent,
    }
    assert all(rate > 0 for rate in user["spec"]["quotas"].values())


def test_users_files_and_the_list_of_them_name_the_same() -> None:
    files = {path.name for path in files_in("users")}
    examples = {f"{one.name}-example.yaml" for one in OUTSIDERS}
    assert files >= {f"{one.name}.yaml" for one in OWN} | examples
    assert sorted(listed("users")) == sorted(files - examples)


def test_who_was_added_may_do_no_more_than_an_example() -> None:
    assert [
        user["metadata"]["name"] for user in copies_of_examples() if exceeds_both_examples(user)
    ] == []


def test_a_copy_of_an_example_may_have_less_and_never_more() -> None:
    inbox, result = PRODUCER.writes[0].name, CONSUMER.reads[0].name
    less = outsider(PRODUCER, name="shop", operations=["Write"])
    del less["spec"]["authorization"]["acls"][1]
    assert not exceeds_both_examples(less)
    assert exceeds_both_examples(outsider(PRODUCER, name="shop", operations=["Write", "Read"]))
    assert exceeds_both_examples(outsider(PRODUCER, name="shop", operations=["All"]))
    elsewhere = {"type": "topic", "name": "image-requested", "patternType": "literal"}
    assert exceeds_both_examples(outsider(PRODUCER, name="shop", resource=elsewhere))
    wider = {"type": "topic", "name": inbox, "patternType": "prefix"}
    assert exceeds_both_examples(outsider(PRODUCER, name="shop", resource=wider))
    both = {"type": "topic", "name": result, "patternType": "literal"}
    assert exceeds_both_examples(
        outsider(PRODUCER, name="shop", resource=both, operations=["Read"])
    )


def test_a_consumer_may_have_a_prefix_of_its_own_below_ext() -> None:
    def with_groups(name: str) -> Manifest:
        user = outsider(CONSUMER, name="shop")
        user["spec"]["authorization"]["acls"][-1]["resource"]["name"] = name
        return user

    assert not exceeds_both_examples(with_groups("ext-shop-"))
    assert exceeds_both_examples(with_groups("recorder"))
    assert exceeds_both_examples(with_groups("e"))


def test_outsiders_may_take_less_of_the_broker_than_any_worker() -> None:
    workers = [QUOTAS[one] for one in OWN if one.joins]
    for quota in (QUOTAS[one] for one in OUTSIDERS):
        assert quota.in_bytes < min(worker.in_bytes for worker in workers)
        assert quota.out_bytes < min(worker.out_bytes for worker in workers)
        assert quota.request_percent < min(worker.request_percent for worker in workers)
