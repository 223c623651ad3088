"""What is read, by whom, and by which rules."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from telemetry.rule_manifests import MANIFESTS, RULES, main, manifests
from tests.contract.kubernetes.pod_settings import lasting, settings_of
from tests.support.kubernetes import named, resources, selects

OVERLAY = "production"
RULE_FILE = """groups:
  - name: one
    rules:
      # A comment, a text of several lines, and braces stay as they are.
      - alert: Late
        expr: |
          up == 0

          and on () vector(1)
        annotations: {summary: "{{ $labels.pod }} is late"}
"""


def test_every_process_is_read_by_the_port_that_it_has_for_it() -> None:
    monitor = named(OVERLAY, "PodMonitor", "image-analyzer")["spec"]
    [end] = monitor["podMetricsEndpoints"]
    policy = named(OVERLAY, "NetworkPolicy", "metrics-from-monitoring")["spec"]
    for pod in lasting(OVERLAY):
        assert selects(monitor["selector"], pod.labels)
        assert selects(policy["podSelector"], pod.labels)
        assert end["port"] in {one["name"] for one in pod.main["ports"]}
    [entrance] = policy["ingress"]
    assert [one["port"] for one in entrance["ports"]] == [end["port"]]


def test_the_rules_of_the_cluster_are_those_of_the_files() -> None:
    assert MANIFESTS.read_text(encoding="utf-8") == manifests(), (
        "run `python -m telemetry.rule_manifests`"
    )
    built = {one["metadata"]["name"]: one["spec"] for one in resources(OVERLAY, "PrometheusRule")}
    files = {f"image-analyzer-{file.stem}": file.read_text() for file in RULES.glob("*.yml")}
    assert built == {name: yaml.safe_load(text) for name, text in files.items()}


def test_a_file_of_rules_becomes_a_resource_word_for_word(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.yml").write_text(RULE_FILE, encoding="utf-8")
    made = list(yaml.safe_load_all(manifests(tmp_path)))
    assert [one["metadata"]["name"] for one in made] == ["image-analyzer-a", "image-analyzer-b"]
    assert [one["spec"] for one in made] == 2 * [yaml.safe_load(RULE_FILE)]


def test_a_difference_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "prometheus-rules.yaml"
    monkeypatch.setattr("telemetry.rule_manifests.MANIFESTS", other)
    assert main([]) == 0
    assert main(["--check"]) == 0
    other.write_text("# something else\n", encoding="utf-8")
    assert main(["--check"]) == 1
    assert "differs from the rules" in capsys.readouterr().err


def test_spans_go_where_the_way_is_open(tmp_path: Path) -> None:
    overlay = f"{OVERLAY}+traces"
    policy = named(overlay, "NetworkPolicy", "reach-collector")["spec"]
    [exit_] = policy["egress"]
    [place] = exit_["to"]
    for pod in lasting(overlay):
        settings = settings_of(overlay, pod, tmp_path).traces
        address = urlsplit(settings.endpoint or "")
        namespace = (address.hostname or "").partition(".")[2]
        labels = {"kubernetes.io/metadata.name": namespace}
        assert place == {"namespaceSelector": {"matchLabels": labels}}
        assert [one["port"] for one in exit_["ports"]] == [address.port]
        assert selects(policy["podSelector"], pod.labels)
