"""The probe's CronJob, by the rules for all pods, and what it asks and tells."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from cli.probe_command import probe
from tests.contract.kubernetes import test_containers, test_networks
from tests.support.kubernetes import Pod, named, our_pods, selects

OVERLAY = "production+probe"
RULES: list[Callable[[str], None]] = [
    test_containers.test_every_container_says_what_it_takes_and_what_it_may,
    test_containers.test_every_container_is_restricted,
    test_containers.test_every_pod_is_nobody_and_has_no_token,
    test_containers.test_accounts_exist_and_have_no_token_and_no_role,
    test_containers.test_every_image_has_a_version,
    test_containers.test_volumes_are_bounded_and_none_is_of_the_node,
    test_containers.test_what_a_pod_writes_is_within_what_it_may_use_of_the_disk,
    test_containers.test_secrets_are_files_of_ours_or_references,
    test_containers.test_files_of_secrets_may_be_read_by_the_group_at_most,
    test_networks.test_nothing_is_allowed_to_a_pod_by_itself,
    test_networks.test_every_policy_is_for_somebody_and_names_a_port,
    test_networks.test_whoever_is_to_reach_something_may,
    test_networks.test_the_other_side_lets_in_whoever_comes,
]


def the_probe() -> Pod:
    [found] = [pod for pod in our_pods(OVERLAY) if pod.name == "probe"]
    return found


def arguments() -> dict[str, str]:
    """Options of its command, as it would read them."""
    command, *words = the_probe().main["args"]
    assert command == "probe"
    context = probe.make_context("probe", words)
    return {name: str(value) for name, value in context.params.items()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__.removeprefix("test_"))
def test_it_keeps_the_rules_of_all_pods(rule: Callable[[str], None]) -> None:
    rule(OVERLAY)


def test_it_asks_the_service_of_the_api_as_a_host_that_is_answered() -> None:
    asked = urlsplit(arguments()["url"])
    service = named(OVERLAY, "Service", asked.hostname or "")
    assert [one["port"] for one in service["spec"]["ports"]] == [asked.port]
    [api] = [pod for pod in our_pods(OVERLAY) if selects(
        {"matchLabels": service["spec"]["selector"]}, pod.labels
    )]  # fmt: skip
    source = [one["configMapRef"]["name"] for one in api.main["envFrom"]]
    hosts = [
        named(OVERLAY, "ConfigMap", name)["data"].get("ANALYZER_API__ALLOWED_HOSTS", "")
        for name in source
    ]
    assert asked.hostname in ",".join(hosts).split(",")


def test_its_key_is_the_file_that_its_secret_makes() -> None:
    pod = the_probe()
    [mount] = [one for one in pod.main["volumeMounts"] if one["name"] == "key"]
    [volume] = [one for one in pod.spec["volumes"] if one["name"] == "key"]
    [source] = volume["projected"]["sources"]
    [item] = source["secret"]["items"]
    assert arguments()["key_file"] == f"{mount['mountPath']}/{item['path']}"


def test_it_may_push_where_it_pushes() -> None:
    pushed = urlsplit(arguments()["push"])
    [rule] = named(OVERLAY, "NetworkPolicy", "reach-pushgateway")["spec"]["egress"]
    assert [one["port"] for one in rule["ports"]] == [pushed.port]
    [peer] = rule["to"]
    namespace = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
    assert (pushed.hostname or "").endswith(f".{namespace}")


def test_all_doors_have_their_time_before_it_is_ended() -> None:
    job = named(OVERLAY, "CronJob", "probe")["spec"]
    every_s = 300
    assert job["schedule"] == f"*/{every_s // 60} * * * *"
    most = job["jobTemplate"]["spec"]["activeDeadlineSeconds"]
    assert 2 * float(arguments()["timeout_s"]) < most < every_s
    assert job["concurrencyPolicy"] == "Forbid"
    assert job["jobTemplate"]["spec"]["backoffLimit"] == 0
