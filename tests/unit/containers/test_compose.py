"""docker-compose.yml: it says what the code says, and gives away as little as it can. Nothing is
started here; tests/integration/containers does."""

import re
from typing import Any

import click
import pytest
import yaml

from cli.environment import known_variables, secret_variables
from cli.main import app
from cli.settings import Settings, load_settings
from processors.app import NAMES
from tests.support.compose_model import COMPOSE, ROOT, Service, read_compose, variables_of_dot_env

SERVICES = read_compose()
OURS = {name: service for name, service in SERVICES.items() if service.is_ours}
TEST_SERVERS = ROOT / "deployment/docker/test-servers.yml"
DOCUMENT: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
WITHOUT_A_PROGRAM_THAT_ASKS = {"otel-collector", "jaeger"}


def seconds(text: str) -> int:
    found = re.fullmatch(r"(\d+)s", text)
    assert found, text
    return int(found[1])


def test_every_setting_of_ours_exists() -> None:
    known = {*known_variables(Settings), *(f"{name}_FILE" for name in secret_variables(Settings))}
    named = {
        name
        for service in DOCUMENT["services"].values()
        for name in service.get("environment", {})
        if name.startswith("ANALYZER_")
    }
    assert len(named) > 10
    assert named <= known


def test_no_secret_is_in_an_environment() -> None:
    secret = re.compile(r"PASSWORD|SECRET|_KEY|DSN|_URL$")
    harmless = {"ANALYZER_API__PUBLIC_URL"}
    for name, service in SERVICES.items():
        for variable, value in service.environment.items():
            if secret.search(variable) and variable not in harmless:
                assert variable.endswith("_FILE"), f"{name} has {variable}"
                assert value.startswith("/run/secrets/"), f"{name} has {variable}"


def test_a_service_is_given_the_secrets_that_it_reads_and_no_others() -> None:
    """By its command and environment, or by the files that are mounted for it."""
    for service in SERVICES.values():
        text = str(service.said) + mounted_text(service)
        read = set(re.findall(r"/run/secrets/([\w.-]+)", text))
        assert read == set(service.secrets), service.name


def mounted_text(service: Service) -> str:
    """Of configuration in YAML."""
    sources = (ROOT / mount.split(":")[0] for mount in service.said.get("volumes", ()))
    files = (file for source in sources for file in [source, *source.rglob("*.yaml")])
    return "".join(file.read_text() for file in files if file.suffix == ".yaml")


def test_every_secret_is_made_and_used() -> None:
    script = (ROOT / "deployment/docker/make-secrets.sh").read_text(encoding="utf-8")
    made = set(re.findall(r"\bkeep ([\w.-]+)", script))
    assert set(DOCUMENT["secrets"]) == made
    assert {name for service in SERVICES.values() for name in service.secrets} == made
    for name, secret in DOCUMENT["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}


def test_the_example_names_all_that_may_be_said_and_no_secret() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = {line[1:].partition("=")[0] for line in lines if re.match(r"#[A-Z0-9_]+=", line)}
    assert named == variables_of_dot_env()
    assert not named & secret_variables(Settings)
    assert not [line for line in lines if line and not line.startswith("#")]


def test_every_processor_runs_somewhere_and_only_once() -> None:
    running = [name for service in OURS.values() for name in service.command[1:]]
    assert sorted(name for name in running if name in NAMES) == sorted(NAMES)


@pytest.mark.parametrize("name", OURS)
def test_a_command_is_one_that_there_is(name: str) -> None:
    command: click.Command = app
    words = list(OURS[name].command)
    while isinstance(command, click.Group) and words != ["--help"]:
        _, found, words = command.resolve_command(click.Context(command), words)
        assert found is not None
        command = found
    if words != ["--help"]:
        command.make_context(name, words)


def test_health_is_asked_by_a_command_that_there_is() -> None:
    asked = [service.said["healthcheck"]["test"] for service in OURS.values() if service.lasts]
    assert asked == [["CMD", "image-analyzer", "health", "--ready"]] * 3
    app.commands["health"].make_context("health", ["--ready"])


def test_nothing_starts_before_what_it_needs_is_there() -> None:
    for name in ("api", "detect", "io"):
        waits = {what: how["condition"] for what, how in SERVICES[name].said["depends_on"].items()}
        for once in ("migrate", "topics", "bucket"):
            assert waits[once] == "service_completed_successfully"
            assert not SERVICES[once].lasts


def test_everything_that_lasts_has_a_health_check() -> None:
    lacking = {n for n, one in SERVICES.items() if one.lasts and "healthcheck" not in one.said}
    assert lacking == WITHOUT_A_PROGRAM_THAT_ASKS


def test_a_stop_takes_no_longer_than_its_grace() -> None:
    settings = load_settings({})
    api, worker = settings.api.graceful_shutdown_s, settings.worker.stop_deadline_s
    assert seconds(SERVICES["api"].said["stop_grace_period"]) > api
    for name in ("detect", "io"):
        assert seconds(SERVICES[name].said["stop_grace_period"]) > worker


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_rights_than_it_needs(name: str) -> None:
    said = SERVICES[name].said
    assert said["cap_drop"] == ["ALL"]
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert said.get("read_only", False) is (name != "kafka")
    assert not {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc"} & set(said)
    assert said["restart"] in {"no", "unless-stopped"}
    assert said["logging"]["options"]["max-size"]
    limits = said["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory"}
    assert re.fullmatch(r"[1-9]\d*[MG]", limits["memory"])


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in OURS])
def test_an_image_of_others_is_of_one_version(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+(\.\d+)?", SERVICES[name].said["image"])


def test_only_who_must_is_reached_or_reaches_out() -> None:
    networks = {name: set(service.said["networks"]) for name, service in SERVICES.items()}
    assert DOCUMENT["networks"]["back"] == {"internal": True}
    assert {name for name, of in networks.items() if "out" in of} == {"io", "freshclam"}
    assert {name for name, of in networks.items() if "front" in of} == {"api", "grafana"}
    assert {name for name, one in SERVICES.items() if "ports" in one.said} == {"api", "grafana"}


def test_only_this_machine_reaches_the_ports() -> None:
    servers = yaml.safe_load(TEST_SERVERS.read_text(encoding="utf-8"))["services"]
    for said in (*servers.values(), *(one.said for one in SERVICES.values())):
        assert all(port.startswith("127.0.0.1:") for port in said.get("ports", ()))


def test_no_secret_of_the_servers_for_tests_is_written_down() -> None:
    secret = re.compile(r"PASSWORD|SECRET|ACCESS_KEY")
    for service in yaml.safe_load(TEST_SERVERS.read_text(encoding="utf-8"))["services"].values():
        for name, value in service.get("environment", {}).items():
            if secret.search(name):
                assert re.search(r"\$\{[A-Z0-9_]+:\?", str(value)), f"{name} has a value of its own"


def test_the_published_port_is_where_the_api_listens() -> None:
    (port,) = SERVICES["api"].said["ports"]
    assert port.rpartition(":")[2] == SERVICES["api"].environment["ANALYZER_API__PORT"]


def test_what_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for mount in service.said.get("volumes", ()):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert mount.endswith(":ro"), mount
                assert (ROOT / source).exists(), mount


def test_pictures_are_scanned_whole_and_by_enough_threads() -> None:
    settings = load_settings({})
    text = (ROOT / "deployment/clamav/clamd.conf").read_text(encoding="utf-8")
    said = dict(line.split(" ", 1) for line in text.splitlines() if line and line[0] != "#")
    assert SERVICES["detect"].environment["ANALYZER_SCANNER__ADDRESS"] == (
        f"clamav:{said['TCPSocket']}"
    )
    assert int(said["StreamMaxLength"].removesuffix("M")) * 2**20 > settings.worker.max_image_bytes
    assert int(said["MaxThreads"]) > settings.scanner.max_concurrent
    assert said["AlertExceedsMax"] == "yes"
    waits = SERVICES["detect"].said["depends_on"]["clamav"]["condition"]
    assert waits == "service_healthy"


def test_a_detector_has_a_child_for_each_of_its_cores() -> None:
    detect = read_compose({"DETECT_CORES": "3"})["detect"]
    assert detect.environment["ANALYZER_WORKER__CHILDREN"] == "3"
    assert detect.said["deploy"]["resources"]["limits"]["cpus"] == "3"
