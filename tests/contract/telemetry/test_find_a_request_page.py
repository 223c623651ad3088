"""The page about finding one request: what it names is there, wherever the product runs. A system
test runs its commands."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cli.main import app
from tests.contract.telemetry.test_alert_rules import RUNBOOKS
from tests.support.compose_model import read_compose
from tests.support.kubernetes import our_pods, selects

ROOT = Path(__file__).resolve().parents[3]
PAGE = RUNBOOKS / "find-a-request.md"
TEXT = PAGE.read_text(encoding="utf-8")
SERVICES = read_compose()


def test_links_lead_somewhere() -> None:
    headings = set(re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE))
    anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(links) > 4
    for link in links:
        path, _, anchor = link.partition("#")
        if path:
            assert (PAGE.parent / path).exists(), link
        else:
            assert anchor in anchors, link


@pytest.mark.parametrize("words", ["analyses show", "dlq list"])
def test_its_commands_are_there(words: str) -> None:
    found: click.Command = app
    for word in words.split():
        assert isinstance(found, click.Group)
        found = found.commands[word]
    used = set(re.findall(rf"image-analyzer {words}[^`\n]*?(--[a-z]+)", TEXT))
    assert used <= {name for parameter in found.params for name in parameter.opts}
    assert f"image-analyzer {words}" in TEXT


def test_compose_gives_the_lines_of_all_that_works() -> None:
    (services,) = re.findall(r"docker compose logs --no-log-prefix ([a-z ]+);", TEXT)
    lasting = {name for name, one in SERVICES.items() if one.is_ours and one.lasts}
    assert set(services.split()) == lasting
    assert "`docker compose run --rm operator`" in TEXT
    assert "operator" in SERVICES


def test_compose_asks_jaeger_where_it_answers_and_from_where_it_is_reached() -> None:
    ((asker, server, port),) = re.findall(
        r"docker compose exec -T (\w+) wget -qO- \"http://(\w+):(\d+)/api/traces/", TEXT
    )
    networks = [set(SERVICES[name].said["networks"]) for name in (asker, server)]
    assert networks[0] & networks[1]
    assert SERVICES[asker].said["healthcheck"]["test"][1] == "wget", "the image has it"
    jaeger: dict[str, Any] = yaml.safe_load(
        (ROOT / "deployment/monitoring/jaeger.yaml").read_text(encoding="utf-8")
    )
    endpoint = jaeger["extensions"]["jaeger_query"]["http"]["endpoint"]
    assert endpoint.rpartition(":")[2] == port


def test_a_cluster_gives_the_lines_of_all_that_works() -> None:
    ((key, values),) = re.findall(r"-l '([\w./-]+) in \(([^)]+)\)'", TEXT)
    operator = {"matchExpressions": [{
        "key": key, "operator": "In", "values": values.split(", "),
    }]}  # fmt: skip
    chosen = {pod.name for pod in our_pods("production") if selects(operator, pod.labels)}
    assert chosen == {pod.name for pod in our_pods("production") if pod.kind == "Deployment"}
