"""The files around docker-compose.yml, read by the programs that they are for."""

import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.settings import load_settings
from tests.support.compose_model import COMPOSE, ROOT, Service, read_compose
from tests.support.dashboards import dashboards
from tests.support.native_compose import Here
from tests.support.services.compose_loader import load_compose
from tests.support.services.hadolint import lint_dockerfile
from tests.support.services.ports import free_port
from tests.support.services.programs import NotInstalledError
from tests.support.services.prometheus import CONFIGURATION, Prometheus, promtool

SERVICES = read_compose()
SCRIPT = ROOT / "deployment/docker/make-secrets.sh"
MONITORING = ROOT / "deployment/monitoring"


def make_secrets(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(("sh", SCRIPT, folder), capture_output=True, text=True, check=False)


def yaml_of(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def test_compose_reads_it_as_these_tests_do() -> None:
    try:
        model = load_compose(COMPOSE)["services"]
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    assert set(model) == set(SERVICES)
    for name, service in SERVICES.items():
        theirs = model[name]
        said = {n: str(v) for n, v in theirs.get("environment", {}).items() if v is not None}
        assert said == service.environment
        assert tuple(theirs.get("command") or ()) == service.command
        assert {one["source"] for one in theirs.get("secrets", ())} == set(service.secrets)


def test_secrets_are_new_each_time_and_for_their_owner(tmp_path: Path) -> None:
    for name in ("one", "other"):
        assert make_secrets(tmp_path / name).returncode == 0
    files = {file.name: file for file in (tmp_path / "one").iterdir()}
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o444}
    same = [
        n for n, file in files.items() if file.read_text() == (tmp_path / "other" / n).read_text()
    ]
    assert same == []
    assert {one.name for one in tmp_path.iterdir()} == {"one", "other"}


def test_secrets_that_are_there_are_not_overwritten(tmp_path: Path) -> None:
    assert make_secrets(tmp_path / "one").returncode == 0
    before = {file.name: file.read_text() for file in (tmp_path / "one").iterdir()}
    refused = make_secrets(tmp_path / "one")
    assert refused.returncode == 1
    assert "is there already" in refused.stderr
    assert {file.name: file.read_text() for file in (tmp_path / "one").iterdir()} == before


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Here:
    folder = tmp_path_factory.mktemp("secrets") / "made"
    assert make_secrets(folder).returncode == 0
    return Here(folder)


@pytest.mark.parametrize(
    "service", [one for one in SERVICES.values() if one.is_ours], ids=lambda service: service.name
)
def test_the_settings_take_what_a_service_is_told(service: Service, here: Here) -> None:
    settings = load_settings(here.environment(service))
    if service.name == "api":
        assert settings.auth.signing_key is not None
        assert settings.webhooks.master_secret is not None
        assert settings.api.allowed_hosts == ("127.0.0.1", "localhost")
    if service.name in {"detect", "io"}:
        assert settings.worker.own_hosts == ("127.0.0.1", "localhost")
    if service.name in {"api", "detect", "io"}:
        assert settings.bucket is not None
        assert settings.bucket.host == "s3:7070"


def test_the_settings_take_what_the_example_names(here: Here) -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    said = dict(line[1:].split("=", 1) for line in lines if line.startswith("#") and "=" in line)
    settings = load_settings(here.environment(read_compose(said)["api"]))
    assert settings.api.public_url == "https://analyzer.example"
    assert settings.traces.endpoint == "http://otel-collector:4317"


def test_the_dockerfile_is_clean() -> None:
    try:
        assert lint_dockerfile(ROOT / "deployment/docker/Dockerfile.production") == []
    except NotInstalledError as missing:
        pytest.skip(str(missing))


def test_prometheus_takes_its_configuration_and_its_options(tmp_path: Path) -> None:
    server = Prometheus(tmp_path, free_port(), options=SERVICES["prometheus"].command)
    try:
        code, said = promtool("check", "config", str(CONFIGURATION / "prometheus.yml"))
        assert code == 0, said
        with server:
            assert server.running
    except NotInstalledError as missing:
        pytest.skip(str(missing))


def test_prometheus_asks_where_metrics_are_told() -> None:
    asked = {
        config["job_name"]: config["dns_sd_configs"][0]
        for config in yaml_of(CONFIGURATION / "prometheus.yml")["scrape_configs"]
        if "dns_sd_configs" in config
    }
    told = {
        "api": SERVICES["api"].environment["ANALYZER_METRICS__PORT"],
        "detect": SERVICES["detect"].environment["ANALYZER_WORKER__HEALTH_PORT"],
        "io": SERVICES["io"].environment["ANALYZER_WORKER__HEALTH_PORT"],
    }
    assert {name: str(one["port"]) for name, one in asked.items()} == told
    assert {name: one["names"] for name, one in asked.items()} == {name: [name] for name in told}


def test_what_is_monitored_leads_from_one_to_the_next() -> None:
    collector, jaeger = (
        yaml_of(MONITORING / "otel-collector.yaml"),
        yaml_of(MONITORING / "jaeger.yaml"),
    )
    sources = yaml_of(MONITORING / "grafana/provisioning/datasources/datasources.yaml")
    urls = {one["uid"]: one["url"] for one in sources["datasources"]}
    grpc = collector["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].rpartition(":")[2]
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert f"#ANALYZER_TRACES__ENDPOINT=http://otel-collector:{grpc}\n" in example
    store = jaeger["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].rpartition(":")[2]
    assert collector["exporters"]["otlp_grpc"]["endpoint"] == f"jaeger:{store}"
    asked = jaeger["extensions"]["jaeger_query"]["http"]["endpoint"].rpartition(":")[2]
    assert urls == {
        "prometheus": "http://prometheus:9090",
        "postgres": "postgres:5432",
        "jaeger": f"http://jaeger:{asked}",
    }
    assert {"prometheus", "postgres", "jaeger", "otel-collector"} <= set(SERVICES)


def test_dashboards_ask_the_sources_that_are_provisioned() -> None:
    sources = yaml_of(MONITORING / "grafana/provisioning/datasources/datasources.yaml")
    provisioned = {one["uid"]: one["type"] for one in sources["datasources"]}
    for dashboard in dashboards().values():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "datasource":
                assert provisioned[variable["current"]["value"]] == variable["query"]


def test_the_user_of_the_dashboards_is_the_one_that_is_made() -> None:
    sources = yaml_of(MONITORING / "grafana/provisioning/datasources/datasources.yaml")
    [source] = [one for one in sources["datasources"] if one["uid"] == "postgres"]
    made = (ROOT / "deployment/postgres/users.sql").read_text(encoding="utf-8")
    assert f"ALTER ROLE {source['user']} LOGIN PASSWORD :'dashboards_password'" in made
    file = SERVICES["postgres"].environment["DASHBOARDS_PASSWORD_FILE"]
    assert source["secureJsonData"] == {"password": f"$__file{{{file}}}"}
    for name in ("postgres", "grafana"):
        assert file.removeprefix("/run/secrets/") in SERVICES[name].secrets
    database = SERVICES["postgres"].environment["POSTGRES_DB"]
    assert source["jsonData"]["database"] == database


def test_dashboards_are_provisioned_from_where_they_are_mounted() -> None:
    providers = yaml_of(MONITORING / "grafana/provisioning/dashboards/dashboards.yaml")["providers"]
    mounts = [mount.split(":") for mount in SERVICES["grafana"].said["volumes"]]
    places = {inside: outside for outside, inside, *_ in mounts}
    assert places[providers[0]["options"]["path"]] == "./deployment/monitoring/grafana/dashboards"
    assert places["/etc/grafana/provisioning"] == "./deployment/monitoring/grafana/provisioning"
    for dashboard in dashboards().values():
        [docs] = [one for one in dashboard["templating"]["list"] if one["name"] == "docs"]
        assert places[f"/usr/share/grafana{docs['query']}"] == "./docs"
