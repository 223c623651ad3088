"""`image-analyzer size`: the formulae, their limits, the sources of their constants, the page."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.exit_codes import ConfigurationError
from cli.main import app
from cli.sizing import formulae, measured
from cli.sizing.page import TABLE_RATES, table
from cli.sizing.sheet import figures_of
from cli.sizing.wanted import Wanted
from topics.catalog import IMAGE_ANALYZED, IMAGE_SUBMITTED
from topics.settings import KafkaSettings

REPORT = Path("benchmarks/reports/2026-11-23-two-core-xeon.md")
OTHER_RUN = Path("benchmarks/reports/2026-11-24-busy-two-core-epyc.md")
TOLERANCE = 0.2  # docs/sizing.md says so
MEMORY_TOLERANCE = 0.1
WANTED = Wanted(images_per_second=500, image_kb=300)


def values(wanted: Wanted) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures_of(wanted)}


def row_of_report(heading: str, process: str, report: Path = REPORT) -> list[str]:
    section = report.read_text().split(heading)[1].split("\n## ")[0]
    found = re.search(rf"^\| {re.escape(process)} \|(.*)\|$", section, re.MULTILINE)
    assert found is not None
    return [cell.strip() for cell in found[1].split("|")]


@pytest.mark.parametrize(
    ("process", "ms"),
    [
        ("api", measured.API_MS_PER_IMAGE),
        ("detect: parent", measured.DETECT_PARENT_MS_PER_IMAGE),
        ("detect: children", measured.DETECT_CHILDREN_MS_PER_IMAGE),
        ("io", measured.IO_MS_PER_IMAGE),
        ("kafka", measured.KAFKA_MS_PER_IMAGE),
        ("postgres", measured.POSTGRES_MS_PER_IMAGE),
        ("s3", measured.S3_MS_PER_IMAGE),
    ],
)
def test_processor_times_are_those_of_the_report(process: str, ms: float) -> None:
    assert float(row_of_report("## Processor time of the product", process)[1]) == ms


def test_memory_is_that_of_the_report() -> None:
    def loaded_rss_mb(process: str) -> int:
        return int(row_of_report("## Start, rest and memory", process)[5])

    assert loaded_rss_mb("api") == measured.API_RSS_MB
    assert loaded_rss_mb("io") == measured.IO_RSS_MB
    parent, children = loaded_rss_mb("detect: parent"), loaded_rss_mb("detect: children")
    assert parent + children == measured.DETECT_RSS_MB


def other_run(heading: str, process: str, column: int) -> float:
    return float(row_of_report(heading, process, OTHER_RUN)[column])


def cores_of_other_run(process: str, rate: float) -> float:
    return other_run("## Processor time of the product", process, 0) * rate / 1000


@pytest.mark.parametrize(
    ("process", "figure"),
    [
        ("api", "api cores"), ("io", "io cores"), ("kafka", "Kafka (one copy) cores"),
        ("postgres", "Postgres cores"), ("s3", "S3 cores"),
    ],
)  # fmt: skip
def test_another_run_needed_what_the_simulator_says_and_what_it_uses_at_rest(
    process: str, figure: str
) -> None:
    """The speed of a core there is taken from its detector, whose work is the same everywhere."""
    rate = other_run("## Speed", "the product, 100 clients", 0)
    children_ms = other_run("## Processor time of the product", "detect: children", 0)
    speed = measured.DETECT_CHILDREN_MS_PER_IMAGE / children_ms
    asked = Wanted(rate, image_kb=300, peak_factor=1, spare=0, core_speed=speed)
    at_rest = other_run("## Start, rest and memory", process, 1) / 100
    said = values(asked)[figure] + at_rest
    assert cores_of_other_run(process, rate) == pytest.approx(said, rel=TOLERANCE)


def test_another_run_held_the_memory_that_the_simulator_says() -> None:
    heading = "## Start, rest and memory"
    for process, said in (("api", measured.API_RSS_MB), ("io", measured.IO_RSS_MB)):
        assert other_run(heading, process, 5) == pytest.approx(said, rel=MEMORY_TOLERANCE)
    detect = sum(other_run(heading, f"detect: {part}", 5) for part in ("parent", "children"))
    assert detect == pytest.approx(measured.DETECT_RSS_MB, rel=MEMORY_TOLERANCE)


def test_the_page_says_how_far_off_it_may_be() -> None:
    page = Path("docs/sizing.md").read_text()
    assert f"within {TOLERANCE:.0%}".replace("%", " %") in page
    assert f"within {MEMORY_TOLERANCE:.0%}".replace("%", " %") in page
    assert OTHER_RUN.name in page


def record_bytes(topic: str) -> tuple[int, list[object]]:
    example = json.loads(Path(f"schemas/examples/{topic}/valid.json").read_text())
    headers = sum(len(name) + len(value) for name, value in example["headers"].items())
    body = json.dumps(example["body"], separators=(",", ":"))
    objects = example["body"].get("result", {}).get("detected_objects", [])
    return len(body) + headers + len(example["key"]), objects


def test_records_are_as_long_as_the_examples() -> None:
    submitted, _ = record_bytes(IMAGE_SUBMITTED.name)
    analyzed, objects = record_bytes(IMAGE_ANALYZED.name)
    assert submitted == measured.SUBMITTED_RECORD_BYTES
    assert analyzed == formulae.analyzed_record_bytes(len(objects))
    one = len(json.dumps(objects[0], separators=(",", ":"))) + 1
    assert one == measured.ANALYZED_BYTES_PER_OBJECT


def test_what_the_formulae_take_from_the_product_is_so_there() -> None:
    assert IMAGE_SUBMITTED.retention.days == formulae.WORK_RETENTION_DAYS
    assert IMAGE_ANALYZED.retention.days == WANTED.retention_days
    assert KafkaSettings.model_fields["partitions"].default == formulae.LEAST_PARTITIONS
    assert f"le={formulae.MOST_PARTITIONS}" in str(KafkaSettings.model_fields["partitions"])


@pytest.mark.parametrize("rate", [0.01, 1, 77, 500, 5000])
def test_more_images_never_need_less(rate: float) -> None:
    few, many = (values(replace(WANTED, images_per_second=each)) for each in (rate, rate * 1.5))
    assert all(many[name] >= few[name] for name in few)


def test_what_is_not_counted_in_whole_pods_is_linear() -> None:
    one, two = values(WANTED), values(replace(WANTED, images_per_second=1000))
    for name in one.keys() - {"memory of the pods", "partitions per topic"}:
        if not name.endswith("pods"):
            assert two[name] == pytest.approx(2 * one[name])


def test_pods_are_rounded_up_and_never_one() -> None:
    assert formulae.pods(0.1, 2) == 2
    assert formulae.pods(4.0, 2) == 2
    assert formulae.pods(4.01, 2) == 3


def test_every_pod_has_a_partition() -> None:
    sized = values(WANTED)
    assert sized["partitions per topic"] >= max(sized["detect pods"], sized["io pods"])


def test_more_partitions_than_a_topic_may_have_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="the limit is 1000"):
        figures_of(replace(WANTED, images_per_second=100_000))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--images-per-second", "0"), ("--image-kb", "-1"), ("--spare", "1"), ("--objects", "nan"),
     ("--core-speed", "inf"), ("--peak-factor", "many")],
)  # fmt: skip
def test_bad_input_is_refused_by_name(option: str, value: str) -> None:
    asked = {"--images-per-second": "10", "--image-kb": "300"} | {option: value}
    done = CliRunner().invoke(app, ["size", *(word for pair in asked.items() for word in pair)])
    assert done.exit_code == 2
    assert option in done.output


def test_json_holds_every_figure_with_its_formula() -> None:
    arguments = ["size", "--images-per-second", "500", "--image-kb", "300", "--json"]
    told = json.loads(CliRunner().invoke(app, arguments).output)
    assert {each["name"]: each["value"] for each in told["figures"]} == values(WANTED)
    assert all(each["formula"] for each in told["figures"])


def test_the_page_has_the_table_that_the_formulae_give() -> None:
    assert table(TABLE_RATES) in Path("docs/sizing.md").read_text()
