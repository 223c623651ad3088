"""An overlay is a whole cluster: what Kustomize makes of it has the catalog's topics and our users,
and as many nodes as its copies need."""

import pytest

from tests.contract.catalog.strimzi_files import FOLDER, Manifest, read
from tests.contract.catalog.strimzi_overlays import OVERLAYS, parsed
from topics.access import OUTSIDERS, PRINCIPALS
from topics.catalog import ALL, LOG_IDENTITY

EACH = pytest.mark.parametrize("overlay", OVERLAYS)


def resources(overlay: str, kind: str) -> dict[str, Manifest]:
    found = [one for one in parsed(overlay) if one["kind"] == kind]
    by_name = {one["metadata"]["name"]: one for one in found}
    assert len(by_name) == len(found)
    return by_name


def kafka_of(overlay: str) -> Manifest:
    [kafka] = resources(overlay, "Kafka").values()
    return kafka


def nodes_of(overlay: str, role: str) -> int:
    pools = resources(overlay, "KafkaNodePool").values()
    return sum(pool["spec"]["replicas"] for pool in pools if role in pool["spec"]["roles"])


@EACH
def test_all_topics_and_our_own_users_are_in_it_and_no_example(overlay: str) -> None:
    assert set(resources(overlay, "KafkaTopic")) == {topic.name for topic in ALL}
    users = set(resources(overlay, "KafkaUser"))
    assert users >= {one.name for one in PRINCIPALS if one not in OUTSIDERS}
    assert not users & {one.name for one in OUTSIDERS}


@EACH
def test_everything_is_in_one_namespace_and_of_one_cluster(overlay: str) -> None:
    assert {one["metadata"]["namespace"] for one in parsed(overlay)} == {"image-analyzer"}
    name = kafka_of(overlay)["metadata"]["name"]
    for kind in ("KafkaTopic", "KafkaUser", "KafkaNodePool"):
        labels = [one["metadata"]["labels"] for one in resources(overlay, kind).values()]
        assert {one["strimzi.io/cluster"] for one in labels} == {name}
    for monitor in resources(overlay, "PodMonitor").values():
        assert monitor["spec"]["selector"]["matchLabels"]["strimzi.io/cluster"] == name


@EACH
def test_there_are_as_many_brokers_as_copies_and_a_majority_of_controllers(overlay: str) -> None:
    brokers, controllers = nodes_of(overlay, "broker"), nodes_of(overlay, "controller")
    config = kafka_of(overlay)["spec"]["kafka"]["config"]
    factors = {name: value for name, value in config.items() if name.endswith("replication.factor")}
    assert set(factors.values()) == {brokers}
    assert controllers % 2 == 1
    in_sync = {value for name, value in config.items() if name.endswith(("min.isr", ".replicas"))}
    assert in_sync == {max(1, brokers - 1)}  # one broker may be away, where there is another
    for topic in resources(overlay, "KafkaTopic").values():
        assert topic["spec"]["replicas"] == brokers
        assert topic["spec"]["config"]["min.insync.replicas"] == max(1, brokers - 1)


@pytest.mark.parametrize(("overlay", "partitions"), [("production", 24), ("development", 4)])
def test_partitions_are_those_of_the_overlay_but_for_the_identity(
    overlay: str, partitions: int
) -> None:
    found = {
        name: one["spec"]["partitions"] for name, one in resources(overlay, "KafkaTopic").items()
    }
    assert found.pop(LOG_IDENTITY.name) == 1
    assert set(found.values()) == {partitions}


@EACH
def test_an_overlay_leaves_the_rest_of_a_topic_as_it_is(overlay: str) -> None:
    for name, one in resources(overlay, "KafkaTopic").items():
        written = read(FOLDER / "topics" / f"{name}.yaml")["spec"]["config"]
        assert {**one["spec"]["config"], "min.insync.replicas": 0} == {
            **written, "min.insync.replicas": 0,
        }  # fmt: skip


@EACH
def test_whoever_comes_in_is_encrypted_logs_in_and_has_a_rule(overlay: str) -> None:
    kafka = kafka_of(overlay)["spec"]["kafka"]
    assert {one["name"]: one["port"] for one in kafka["listeners"]} == {
        "tls": 9093, "external": 9094,
    }  # fmt: skip
    for listener in kafka["listeners"]:
        assert listener["tls"] is True
        assert listener["authentication"] == {"type": "scram-sha-512"}
    assert kafka["authorization"] == {"type": "simple"}


@EACH
def test_every_container_says_what_it_takes(overlay: str) -> None:
    spec = kafka_of(overlay)["spec"]
    users = [spec["kafkaExporter"], *spec["entityOperator"].values()]
    users += [pool["spec"] for pool in resources(overlay, "KafkaNodePool").values()]
    for user in users:
        assert user["resources"]["requests"].keys() == {"cpu", "memory"}
        assert user["resources"]["limits"].keys() == {"memory"}


def test_production_is_three_of_each_in_zones_and_keeps_its_disks() -> None:
    assert nodes_of("production", "broker") == nodes_of("production", "controller") == 3
    rack = kafka_of("production")["spec"]["kafka"]["rack"]
    for pool in resources("production", "KafkaNodePool").values():
        spread = pool["spec"]["template"]["pod"]["topologySpreadConstraints"][0]
        assert spread["topologyKey"] == rack["topologyKey"]
        assert spread["labelSelector"]["matchLabels"] == {
            "strimzi.io/pool-name": pool["metadata"]["name"]
        }
        assert [one["deleteClaim"] for one in pool["spec"]["storage"]["volumes"]] == [False]


def test_development_is_one_node() -> None:
    [pool] = resources("development", "KafkaNodePool").values()
    assert (pool["spec"]["replicas"], set(pool["spec"]["roles"])) == (1, {"broker", "controller"})
    assert "rack" not in kafka_of("development")["spec"]["kafka"]
