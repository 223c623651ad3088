"""Strimzi takes every manifest, by the definitions of its resources."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.catalog.strimzi_files import FOLDER, Manifest, read_all, resource_files
from tests.contract.catalog.strimzi_overlays import OVERLAYS, built
from tests.support.shared_folder import shared_folder
from tests.support.unmeasured import unmeasured

pytestmark = pytest.mark.shared
API = "kafka.strimzi.io/v1"


@pytest.fixture(scope="module")
def definitions() -> Path:
    folder = shared_folder() / "crds"
    if not (folder / "validate_crds.py").is_file():
        pytest.skip(f"no definitions of resources in {folder}")
    return folder


def check(definitions: Path, *files: Path) -> tuple[int, str]:
    """How many resources were checked, and a line for each problem that begins with its file."""
    program, folder = str(definitions / "validate_crds.py"), str(definitions / "strimzi")
    argv = [sys.executable, program, folder, *map(str, files)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False,
                          env=unmeasured())  # fmt: skip
    counted = re.search(r"(\d+) custom resources checked, (\d+) problems\n$", done.stdout)
    assert counted, done.stderr
    assert done.returncode == (counted[2] != "0")
    return int(counted[1]), done.stdout[: counted.start()]


def ours_in(path: Path) -> list[Manifest]:
    return [one for one in read_all(path) if one["apiVersion"] == API]


def test_every_file_is_valid(definitions: Path) -> None:
    files = resource_files()
    ours = [one for path in files for one in ours_in(path)]
    assert check(definitions, *files) == (len(ours), "")
    assert {one["kind"] for one in ours} == {"Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"}


def test_what_the_overlays_make_of_them_is_valid(definitions: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{overlay}.yaml" for overlay in OVERLAYS]
    for path in files:
        path.write_text(built(path.stem), encoding="utf-8")
    assert check(definitions, *files) == (sum(len(ours_in(path)) for path in files), "")
    assert min(len(ours_in(path)) for path in files) > 25


MISTAKES = [
    ("base/kafka.yaml", "resources:", "recources:"),
    ("base/kafka.yaml", "type: simple", "type: simpel"),
    ("production/node-pools.yaml", "roles: [broker]", "roles: [brokers]"),
    ("topics/image-analyzed.yaml", "partitions: 24", "partitions: many"),
    ("topics/image-analyzed.yaml", API, "kafka.strimzi.io/v1beta2"),
    ("users/api.yaml", "operations: [Write, DescribeConfigs, Describe]", "operation: Write"),
    ("users/api.yaml", "patternType: literal", "patternType: prefixed"),
]


def test_each_of_several_mistakes_is_found(definitions: Path, tmp_path: Path) -> None:
    spoilt = []
    for number, (name, right, wrong) in enumerate(MISTAKES):
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert right in text
        spoilt.append(tmp_path / f"{number}.yaml")
        spoilt[-1].write_text(text.replace(right, wrong), encoding="utf-8")
    _, problems = check(definitions, *spoilt)
    assert {line.partition(":")[0] for line in problems.splitlines()} == set(map(str, spoilt))
