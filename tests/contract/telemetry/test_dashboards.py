"""Dashboards are as declared, ask for what is told, and lead to pages that there are."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from telemetry.dashboards.__main__ import main
from telemetry.dashboards.document import text_of
from telemetry.dashboards.files import DASHBOARDS, MANIFESTS, files
from telemetry.dashboards.panels import Ask, Dashboard, Panel, Row
from telemetry.dashboards.promql import in_range, quantile
from telemetry.metric_kinds import Histogram
from telemetry.metric_names import MetricNames
from telemetry.metrics import declared
from tests.contract.telemetry.test_alert_rules import ALERTS, PAGES, RECORDED
from tests.support.dashboards import FOLDER, Asked, asked, dashboards, panels, promql
from tests.support.promql import problems, selectors

ROOT = Path(__file__).resolve().parents[3]
QUERIES = [one for one in asked() if not one.is_sql]
UIDS = {
    "overview": "analyzer-overview",
    "pipeline": "analyzer-pipeline",
    "tenant": "analyzer-tenant",
    "dead-letters": "analyzer-dead-letters",
}
ELSEWHERE = {
    "analyzer_log_queue_bytes", "analyzer_db_connection_wait_seconds_total",
    "db_client_connection_timeouts_total",
}  # fmt: skip
"""Told for alerts and by hand."""
EACH = pytest.mark.parametrize("name", dashboards())
UNITS = {"s", "ms", "bytes", "Bps", "ops", "reqps", "short", "percentunit"}


def test_the_files_are_as_declared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out
    assert {file.stem for file in FOLDER.glob("*.json")} == DASHBOARDS.keys()


def test_a_difference_is_said_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = [(tmp_path / path.name, text) for path, text in files()]
    monkeypatch.setattr("telemetry.dashboards.__main__.files", lambda: iter(elsewhere))
    assert main(["--check"]) == 1
    assert "overview.json: not as declared" in capsys.readouterr().out
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_links_to_a_dashboard_stay() -> None:
    assert {name: one["uid"] for name, one in dashboards().items()} == UIDS


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_asks_for_what_there_is(query: Asked) -> None:
    assert problems(promql(query.text), RECORDED) == []


def test_queries_ask_the_product_alone() -> None:
    """Other programs tell metrics of OpenTelemetry's names, too."""
    for query in QUERIES:
        for one in selectors(promql(query.text)):
            is_ours = one.metric in RECORDED | {"ALERTS"} or "job" in one.labels
            assert is_ours, query.name


def test_exemplars_are_asked_for_where_there_are_some() -> None:
    linked = {f"{one.name}_bucket" for one in _histograms() if one.has_exemplars}
    asking = [query for query in QUERIES if query.has_exemplars]
    assert len(asking) > 10
    for query in asking:
        assert {one.metric for one in selectors(promql(query.text))} <= linked, query.name


def _histograms() -> list[Histogram]:
    return [metric for _, metric in declared() if isinstance(metric, Histogram)]


def test_every_metric_is_shown_somewhere() -> None:
    shown = {one.metric for query in QUERIES for one in selectors(promql(query.text))}
    shown = {re.sub("_(bucket|count|sum)$", "", name) for name in shown} | shown
    assert {metric.name for _, metric in declared()} - shown == ELSEWHERE


@EACH
def test_a_panel_says_what_it_shows(name: str) -> None:
    for panel in panels(dashboards()[name]):
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        assert panel["targets"], panel["title"]


@EACH
def test_a_level_of_colour_is_above_the_one_before(name: str) -> None:
    for panel in panels(dashboards()[name]):
        base, *steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        values = [step["value"] for step in steps]
        assert base["value"] is None
        assert values == sorted(set(values)), panel["title"]


@EACH
def test_panels_have_ids_of_their_own_and_do_not_overlap(name: str) -> None:
    everything = dashboards()[name]["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    taken = [cell for panel in everything for cell in _cells(panel["gridPos"])]
    assert len(set(taken)) == len(taken)
    assert {column for column, _ in taken} <= set(range(24))


def _cells(place: dict[str, int]) -> list[tuple[int, int]]:
    columns = range(place["x"], place["x"] + place["w"])
    return [(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])]


@EACH
def test_what_is_chosen_is_there_to_choose(name: str) -> None:
    """Each variable that is used, and no other."""
    dashboard = dashboards()[name]
    made = {one["name"] for one in dashboard["templating"]["list"]}
    words = re.findall(r"\$\{?(\w+)", str({**dashboard, "templating": _sources_of(dashboard)}))
    assert {word for word in words if not word.startswith("__")} == made


def _sources_of(dashboard: dict[str, Any]) -> list[Any]:
    return [one.get("datasource") for one in dashboard["templating"]["list"]]


@EACH
def test_a_link_leads_to_the_page_of_an_alert(name: str) -> None:
    for panel in panels(dashboards()[name]):
        for link in panel["links"]:
            alert = link["title"].removeprefix("Runbook: ")
            assert link["url"] == f"${{docs:raw}}/runbooks/{alert}.md"
            assert alert in PAGES


def test_every_alert_has_a_panel_that_leads_to_its_page() -> None:
    linked = {
        link["title"].removeprefix("Runbook: ")
        for dashboard in dashboards().values()
        for panel in panels(dashboard)
        for link in panel["links"]
    }
    assert linked == ALERTS.keys()


def test_a_cluster_has_them_word_for_word() -> None:
    made = list(yaml.safe_load_all(MANIFESTS.read_text(encoding="utf-8")))
    texts = {key: text for one in made for key, text in one["data"].items()}
    assert texts == {file.name: file.read_text() for file in FOLDER.glob("*.json")}
    for one in made:
        assert one["metadata"]["labels"] == {"grafana_dashboard": "1"}
        size = sum(len(text.encode()) for text in one["data"].values())
        assert size < 250_000, "kubectl apply keeps a copy in an annotation of at most 256 KiB"


def a_dashboard(*made: Panel) -> Dashboard:
    return Dashboard("uid", "Title", "Text.", (Row("Row", made),))


def a_panel(title: str, width: int = 8) -> Panel:
    return Panel(title=title, description=".", unit="s", asks=(Ask("up"),), width=width)


def test_two_panels_of_one_title_are_refused() -> None:
    with pytest.raises(ValueError, match="two panels have the same title"):
        text_of(a_dashboard(a_panel("x"), a_panel("x")))


def test_a_panel_that_is_wider_than_the_page_is_refused() -> None:
    with pytest.raises(ValueError, match="x is too wide"):
        text_of(a_dashboard(a_panel("x", width=25)))


def test_a_metric_that_began_within_the_time_counts_from_0() -> None:
    assert in_range(MetricNames.dead_letters, "reason") == (
        'sum by (reason) (((analyzer_dead_letters_total{job=~"$job"}'
        ' unless analyzer_dead_letters_total{job=~"$job"} offset $__range)'
        ' or increase(analyzer_dead_letters_total{job=~"$job"}[$__range])) > 0)'
    )


def test_a_quantile_keeps_the_buckets_apart() -> None:
    assert quantile(0.5, MetricNames.scan_seconds, "job") == (
        "histogram_quantile(0.5, sum by (job, le)"
        ' (rate(analyzer_scan_duration_seconds_bucket{job=~"$job"}[$__rate_interval])))'
    )
