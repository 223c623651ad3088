"""How many there are, what may be taken away at once, and where the rest is then."""

from pathlib import Path

import pytest

from processors.rights import CONSUMES
from tests.contract.kubernetes.pod_settings import lasting, settings_of, workers
from tests.support.kubernetes import (
    EACH,
    Manifest,
    Pod,
    named,
    parsed,
    pods,
    resources,
    selects,
)
from topics.access import MONITORING
from topics.catalog import topic_named

HAS_ONE = ("detect-bulk", "fetch-bulk")
"""Batches wait: what is lost with the only one is a minute."""


def scalers() -> dict[str, Manifest]:
    found = [*resources("production", "ScaledObject", "HorizontalPodAutoscaler")]
    by_name = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in found}
    assert len(by_name) == len(found)
    return by_name


def consuming() -> list[Pod]:
    return [pod for pod in workers("production") if set(pod.main["args"]) & CONSUMES.keys()]


def fewest_and_most(name: str) -> tuple[int, int]:
    spec = scalers()[name]
    if "minReplicas" in spec:
        return int(spec["minReplicas"]), int(spec["maxReplicas"])
    return int(spec["minReplicaCount"]), int(spec["maxReplicaCount"])


def test_whatever_is_scaled_is_left_alone_by_what_is_applied() -> None:
    for name in scalers():
        assert "replicas" not in named("production", "Deployment", name)["spec"]


def test_whoever_consumes_is_scaled_by_the_lag_of_what_it_consumes() -> None:
    for pod in consuming():
        consumed = [t for name in pod.main["args"] for t in CONSUMES.get(name, ())]
        watched = [trigger["metadata"] for trigger in scalers()[pod.name]["triggers"]]
        assert watched
        for trigger in watched:
            topic = topic_named(trigger["topic"])
            assert topic in consumed, pod.name
            assert trigger["consumerGroup"] in topic.groups
            assert int(trigger["lagThreshold"]) > 0


def test_there_are_never_more_than_partitions() -> None:
    for pod in consuming():
        partitions = [
            named("production", "KafkaTopic", trigger["metadata"]["topic"])["spec"]["partitions"]
            for trigger in scalers()[pod.name]["triggers"]
        ]
        fewest, most = fewest_and_most(pod.name)
        assert 1 <= fewest < most <= min(partitions)
        for trigger in scalers()[pod.name]["triggers"]:
            assert trigger["metadata"]["allowIdleConsumers"] == "false"


def test_steps_are_few_and_blindness_changes_nothing() -> None:
    """Each is a rebalance."""
    for pod in consuming():
        spec = scalers()[pod.name]
        down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
        assert down["stabilizationWindowSeconds"] >= 300
        assert [rule["value"] for rule in down["policies"]] == [1]
        assert spec["fallback"]["behavior"] == "currentReplicasIfHigher"
        strategy = named("production", "Deployment", pod.name)["spec"]["strategy"]
        assert strategy["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}


def test_keda_looks_as_the_user_that_may_and_over_tls() -> None:
    auth = named("production", "TriggerAuthentication", "kafka")["spec"]
    secrets = {one["parameter"]: (one["name"], one["key"]) for one in auth["secretTargetRef"]}
    [kafka] = resources("production", "Kafka")
    assert secrets == {
        "password": (f"kafka-user-{MONITORING.name}", "password"),
        "ca": (f"{kafka['metadata']['name']}-cluster-ca-cert", "ca.crt"),
    }
    [user] = auth["configMapTargetRef"]
    data = named("production", "ConfigMap", user["name"])["data"]
    assert (user["parameter"], data[user["key"]]) == ("username", MONITORING.name)
    for spec in scalers().values():
        for trigger in spec.get("triggers", ()):
            metadata = trigger["metadata"]
            assert (metadata["tls"], metadata["sasl"]) == ("enable", "scram_sha512")
            assert trigger["authenticationRef"] == {"name": "kafka"}
            servers = f"{kafka['metadata']['name']}-kafka-bootstrap:9093"
            assert metadata["bootstrapServers"] == servers


def test_a_new_api_serves_before_an_old_one_goes() -> None:
    strategy = named("production", "Deployment", "api")["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


@EACH
def test_selectors_find_the_pods_of_their_own_and_no_others(overlay: str) -> None:
    for one in resources(overlay, "Deployment", "StatefulSet"):
        found = [
            pod.name
            for pod in pods(overlay)
            if pod.kind != "Job" and selects(one["spec"]["selector"], pod.labels)
        ]
        assert found == [one["metadata"]["name"]]
    for service in resources(overlay, "Service"):
        selector = {"matchLabels": service["spec"]["selector"]}
        [pod] = [pod for pod in pods(overlay) if selects(selector, pod.labels)]
        ports = {p["name"] for container in pod.containers for p in container.get("ports", ())}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


@EACH
def test_one_may_be_taken_away_at_a_time(overlay: str) -> None:
    budgets = list(resources(overlay, "PodDisruptionBudget"))
    for pod in lasting(overlay) + [p for p in pods(overlay) if p.name == "clamav"]:
        [budget] = [one for one in budgets if selects(one["spec"]["selector"], pod.labels)]
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize("name", ["api", "detect", "fetch", "io"])
def test_those_who_wait_are_served_by_two_at_least(name: str) -> None:
    assert fewest_and_most(name)[0] >= 2


def test_pods_are_spread_over_zones_and_nodes() -> None:
    for pod in lasting("production"):
        spread = pod.spec["topologySpreadConstraints"]
        assert [one["topologyKey"] for one in spread] == [
            "topology.kubernetes.io/zone", "kubernetes.io/hostname",
        ]  # fmt: skip
        for one in spread:
            assert selects(one["labelSelector"], pod.labels)
            assert one["labelSelector"]["matchLabels"]["app.kubernetes.io/name"] == pod.name


def test_batches_give_way() -> None:
    classes = {one["metadata"]["name"]: one for one in resources("production", "PriorityClass")}
    bulk, interactive = (classes[f"image-analyzer-{lane}"] for lane in ("bulk", "interactive"))
    assert bulk["value"] < 0 < interactive["value"]
    assert bulk["preemptionPolicy"] == "Never"
    for pod in lasting("production"):
        wanted = bulk if pod.name in HAS_ONE else interactive
        assert pod.spec["priorityClassName"] == wanted["metadata"]["name"]


def test_the_scanner_has_a_thread_for_whoever_asks(tmp_path: Path) -> None:
    asked = 0
    for pod in workers("production"):
        if "detect" in pod.main["args"][1]:
            each = settings_of("production", pod, tmp_path).scanner.max_concurrent
            asked += each * fewest_and_most(pod.name)[1]
    clamav = named("production", "StatefulSet", "clamav")
    [conf] = [
        one["data"]["clamd.conf"]
        for one in resources("production", "ConfigMap")
        if "clamd.conf" in one["data"]
    ]
    threads = dict(line.split() for line in conf.splitlines() if not line.startswith("#"))
    assert asked <= int(threads["MaxThreads"]) * clamav["spec"]["replicas"]


def test_development_has_no_resource_of_an_operator_but_those_of_kafka() -> None:
    groups = {one["apiVersion"].rpartition("/")[0] for one in parsed("development")}
    operators = {group for group in groups if group.count(".") > 0 and "k8s.io" not in group}
    assert operators == {"kafka.strimzi.io", "monitoring.coreos.com"}
