"""The manifests and the code mean the same: commands, settings, ports, paths, times."""

from pathlib import Path

import click

from cli.environment import secret_variables
from cli.main import app
from cli.settings import Settings
from ingest_api.policies import POLICIES
from processors.app import NAMES
from processors.detectors.limits import MIB, ChildLimits
from tests.contract.kubernetes.pod_settings import lasting, settings_of, workers
from tests.contract.kubernetes.test_containers import amount
from tests.support.kubernetes import (
    EACH,
    SECRETS,
    environment_of,
    files_of_secrets,
    named,
    our_pods,
    resources,
)
from topics.access import PRINCIPALS

_CHILD_AT_REST_BYTES = 150 * MIB
_PARENT_BYTES = 128 * MIB


@EACH
def test_every_command_is_one_of_the_command_line(overlay: str) -> None:
    for pod in our_pods(overlay):
        command: click.Command = app
        words = list(pod.main["args"])
        assert "command" not in pod.main  # it is the image's entry point
        while isinstance(command, click.Group):
            _, command, words = command.resolve_command(click.Context(command), words)  # type: ignore[assignment] # None raises
        command.make_context("test", words, resilient_parsing=False)


@EACH
def test_every_processor_runs_somewhere_and_only_once(overlay: str) -> None:
    running = [name for pod in workers(overlay) for name in pod.main["args"][1:]]
    assert sorted(running) == sorted(NAMES)


@EACH
def test_every_process_can_read_its_settings(overlay: str, tmp_path: Path) -> None:
    for pod in our_pods(overlay):
        settings = settings_of(overlay, pod, tmp_path)
        if pod.kind == "Deployment":
            assert settings.postgres
            assert settings.bucket


@EACH
def test_no_process_has_a_secret_that_it_does_not_use(overlay: str) -> None:
    """A file is there for each variable that names one, and no other."""
    for pod in our_pods(overlay):
        environment = environment_of(overlay, pod)
        named_files = {value for value in environment.values() if value.startswith(SECRETS)}
        assert named_files == set(files_of_secrets(pod)), pod.name
        assert not set(environment) & secret_variables(Settings)


@EACH
def test_each_logs_in_as_its_own_user_of_the_broker(overlay: str) -> None:
    users = {one.name for one in PRINCIPALS}
    for pod in our_pods(overlay):
        user = environment_of(overlay, pod).get("ANALYZER_KAFKA__USERNAME")
        secret = files_of_secrets(pod).get(f"{SECRETS}kafka/password", (None, None))[0]
        assert secret == (None if user is None else f"kafka-user-{user}")
        assert user is None or user in users
        if pod.kind == "Deployment":
            assert user == ("api" if pod.name == "api" else pod.spec["serviceAccountName"])


@EACH
def test_the_broker_is_as_the_settings_say(overlay: str, tmp_path: Path) -> None:
    [kafka] = resources(overlay, "Kafka")
    topic = named(overlay, "KafkaTopic", "image-submitted")["spec"]
    for pod in lasting(overlay):
        settings = settings_of(overlay, pod, tmp_path).kafka
        name = kafka["metadata"]["name"]
        assert settings.bootstrap_servers == f"{name}-kafka-bootstrap:9093"
        assert files_of_secrets(pod)[f"{SECRETS}kafka/ca.crt"] == (
            f"{name}-cluster-ca-cert",
            "ca.crt",
        )
        assert settings.partitions == topic["partitions"]
        assert settings.replication_factor == topic["replicas"]
        assert settings.min_insync_replicas == topic["config"]["min.insync.replicas"]


@EACH
def test_probes_ask_where_the_process_listens(overlay: str, tmp_path: Path) -> None:
    for pod in lasting(overlay):
        settings = settings_of(overlay, pod, tmp_path)
        ports = {one["name"]: one["containerPort"] for one in pod.main["ports"]}
        if pod.name == "api":
            assert ports == {"http": settings.api.port, "metrics": settings.metrics.port}
            hosts = {settings.api.host, settings.metrics.host}
        else:
            assert ports == {"metrics": settings.worker.health_port}
            hosts = {settings.worker.health_host}
        assert hosts == {"0.0.0.0"}  # noqa: S104 - that is what is asked
        door = "http" if pod.name == "api" else "metrics"
        for probe, path in (
            ("startup", "/health"),
            ("liveness", "/health"),
            ("readiness", "/ready"),
        ):
            assert pod.main[f"{probe}Probe"]["httpGet"] == {"path": path, "port": door}


@EACH
def test_the_grace_is_longer_than_the_code_takes(overlay: str, tmp_path: Path) -> None:
    for pod in lasting(overlay):
        settings = settings_of(overlay, pod, tmp_path)
        grace = pod.spec["terminationGracePeriodSeconds"]
        if pod.name == "api":
            waits = pod.main["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert waits < settings.api.keep_alive_s  # a connection that is kept sees the end
            assert grace >= waits + settings.api.graceful_shutdown_s + 15
        else:
            assert "lifecycle" not in pod.main  # nobody sends it anything that must cease first
            assert grace >= settings.worker.stop_deadline_s + 10
            assert settings.worker.stop_deadline_s > settings.worker.drain_s


@EACH
def test_a_worker_has_time_to_start_and_to_be_found_stuck(overlay: str, tmp_path: Path) -> None:
    for pod in workers(overlay):
        probe = pod.main["startupProbe"]
        patience_s = probe["periodSeconds"] * probe["failureThreshold"]
        assert patience_s >= 60 + settings_of(overlay, pod, tmp_path).worker.live_grace_s


@EACH
def test_a_detector_meets_its_own_limits_first(overlay: str, tmp_path: Path) -> None:
    """As many children as cores asked for; room for all of them at their worst at once."""
    detectors = [pod for pod in workers(overlay) if "detect" in pod.main["args"][1]]
    assert len(detectors) == 2
    for pod in detectors:
        worker = settings_of(overlay, pod, tmp_path).worker
        asked, most = pod.main["resources"]["requests"], pod.main["resources"]["limits"]
        assert worker.children == max(1, round(amount(asked["cpu"])))
        child = _CHILD_AT_REST_BYTES + ChildLimits().headroom_bytes
        ahead = worker.prefetch * worker.max_image_bytes
        assert amount(most["memory"]) >= _PARENT_BYTES + ahead + worker.child_count * child


@EACH
def test_uploads_have_room_on_the_disk(overlay: str, tmp_path: Path) -> None:
    [api] = [pod for pod in lasting(overlay) if pod.name == "api"]
    [tmp] = [one["emptyDir"] for one in api.spec["volumes"] if one["name"] == "tmp"]
    largest = settings_of(overlay, api, tmp_path).api.max_upload_bytes
    assert amount(tmp["sizeLimit"]) >= 256 * largest


def test_the_api_knows_its_names_and_who_is_in_front(tmp_path: Path) -> None:
    [api] = [pod for pod in lasting("production") if pod.name == "api"]
    settings = settings_of("production", api, tmp_path).api
    [ingress] = resources("production", "Ingress")
    [rule] = ingress["spec"]["rules"]
    service = named("production", "Service", "api")["metadata"]["name"]
    assert set(settings.allowed_hosts) == {rule["host"], service}
    assert settings.public_url == f"https://{rule['host']}"
    assert settings.trusted_proxies
    size = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert int(size) == 15_000_000 + 64 * 1024
    assert settings.max_request_bytes <= int(size)


def test_the_workers_know_the_names_that_lead_to_the_api(tmp_path: Path) -> None:
    [api] = [pod for pod in lasting("production") if pod.name == "api"]
    names = settings_of("production", api, tmp_path).api.own_hosts
    for pod in workers("production"):
        assert set(settings_of("production", pod, tmp_path).worker.own_hosts) == names, pod.name


def test_what_is_for_outside_is_reached_from_outside_and_nothing_else() -> None:
    inside = {"/ready", "/metrics"}
    [ingress] = resources("production", "Ingress")
    paths = ingress["spec"]["rules"][0]["http"]["paths"]

    whole = {one["path"] for one in paths}
    heads = tuple(f"{one['path']}/" for one in paths if one["pathType"] == "Prefix")
    for _, path in POLICIES:
        is_let_in = path in whole or path.startswith(heads)
        assert is_let_in is (path not in inside), path
