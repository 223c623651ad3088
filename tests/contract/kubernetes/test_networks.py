"""Whoever is not named may not speak: what goes out and comes in is what the processes need."""

from ipaddress import ip_network
from itertools import chain

import pytest

from outbound.addresses import V4_DENIED, V6_DENIED, V6_UNICAST
from outbound.urls import WEB_PORTS
from tests.support.kubernetes import (
    EACH,
    Manifest,
    Pod,
    named,
    our_pods,
    pods,
    resources,
    selects,
)

REACH = "image-analyzer/reaches-"
NEEDS = {
    "api": {"kafka", "postgres", "bucket", "redis"},
    "detect": {"kafka", "postgres", "bucket", "scanner"},
    "detect-bulk": {"kafka", "postgres", "bucket", "scanner"},
    "deliver": {"kafka", "postgres", "bucket", "internet"},
    "fetch": {"kafka", "postgres", "bucket", "internet"},
    "fetch-bulk": {"kafka", "postgres", "bucket", "internet"},
    "io": {"kafka", "postgres", "bucket"},
    "migrate": {"postgres"},
    "topics": {"kafka"},
    "bucket": {"bucket"},
    "operator": {"kafka", "postgres", "bucket"},
}


def policies_of(overlay: str, pod: Pod) -> list[Manifest]:
    return [
        one
        for one in resources(overlay, "NetworkPolicy")
        if selects(one["spec"]["podSelector"], pod.labels)
    ]


def reached(pod: Pod) -> set[str]:
    return {name.removeprefix(REACH) for name in pod.labels if name.startswith(REACH)}


@EACH
def test_nothing_is_allowed_to_a_pod_by_itself(overlay: str) -> None:
    [closed] = [
        one["spec"]
        for one in resources(overlay, "NetworkPolicy")
        if not one["spec"].get("ingress") and not one["spec"].get("egress")
    ]
    assert set(closed["policyTypes"]) == {"Ingress", "Egress"}
    for pod in pods(overlay):
        assert selects(closed["podSelector"], pod.labels), pod.name
    assert not selects(closed["podSelector"], {"strimzi.io/cluster": "image-analyzer"})


@EACH
def test_every_policy_is_for_somebody_and_names_a_port(overlay: str) -> None:
    for policy in resources(overlay, "NetworkPolicy"):
        spec = policy["spec"]
        name = policy["metadata"]["name"]
        assert any(selects(spec["podSelector"], pod.labels) for pod in pods(overlay)), name
        for rule in chain(spec.get("ingress", ()), spec.get("egress", ())):
            assert rule["ports"], name
            assert rule.get("to") or rule.get("from"), name


@EACH
def test_each_process_reaches_what_it_needs_and_no_more(overlay: str) -> None:
    assert {pod.name: reached(pod) for pod in our_pods(overlay)} == NEEDS


@EACH
def test_whoever_is_to_reach_something_may(overlay: str) -> None:
    has_scanner = overlay == "production"
    for pod in our_pods(overlay):
        names = {one["metadata"]["name"] for one in policies_of(overlay, pod)}
        wanted = {f"reach-{what}" for what in reached(pod) if has_scanner or what != "scanner"}
        assert wanted | {"reach-dns"} <= names, pod.name


@EACH
def test_the_other_side_lets_in_whoever_comes(overlay: str) -> None:
    """Where the server is a pod of ours: a way out is of no use without a way in."""
    for policy in resources(overlay, "NetworkPolicy"):
        for rule in policy["spec"].get("egress", ()):
            for peer in rule["to"]:
                if peer.keys() != {"podSelector"} or "strimzi.io/name" in str(peer):
                    continue
                [server] = [p for p in pods(overlay) if selects(peer["podSelector"], p.labels)]
                entrances = [
                    entrance
                    for one in policies_of(overlay, server)
                    for entrance in one["spec"].get("ingress", ())
                    if entrance["ports"] == rule["ports"]
                ]
                assert {"podSelector": policy["spec"]["podSelector"]} in [
                    source for entrance in entrances for source in entrance["from"]
                ]


@EACH
def test_the_internet_is_what_the_fetcher_itself_would_take(overlay: str) -> None:
    policy = named(overlay, "NetworkPolicy", "reach-internet")["spec"]
    [rule] = policy["egress"]
    blocks = {peer["ipBlock"]["cidr"]: peer["ipBlock"]["except"] for peer in rule["to"]}
    assert {ip_network(cidr) for cidr in blocks} == {ip_network("0.0.0.0/0"), V6_UNICAST}
    assert set(map(ip_network, blocks["0.0.0.0/0"])) == set(V4_DENIED)
    assert set(map(ip_network, blocks[str(V6_UNICAST)])) == set(V6_DENIED)
    assert {port["port"] for port in rule["ports"]} == set(WEB_PORTS)


@EACH
def test_nobody_decodes_strangers_pictures_with_a_way_out(overlay: str) -> None:
    for pod in our_pods(overlay):
        if any("detect" in word for word in pod.main["args"]):
            assert "internet" not in reached(pod)


def test_the_broker_is_reached_by_the_name_that_strimzi_gives_it() -> None:
    kafka = next(resources("production", "Kafka"))
    [door] = [one for one in kafka["spec"]["kafka"]["listeners"] if one["name"] == "tls"]
    rule = named("production", "NetworkPolicy", "reach-kafka")["spec"]["egress"][0]
    labels = {"strimzi.io/name": f"{kafka['metadata']['name']}-kafka"}
    assert rule["to"] == [{"podSelector": {"matchLabels": labels}}]
    assert [one["port"] for one in rule["ports"]] == [door["port"]]


@pytest.mark.parametrize("name", ["api-from-ingress"])
def test_the_api_is_reached_by_the_ingress_controller(name: str) -> None:
    policy = named("production", "NetworkPolicy", name)["spec"]
    [api] = [pod for pod in our_pods("production") if pod.name == "api"]
    assert selects(policy["podSelector"], api.labels)
    assert policy["ingress"][0]["ports"] == [{"protocol": "TCP", "port": "http"}]
