"""Kubernetes and its operators take every resource, by the schemas of their kinds."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.contract.catalog.strimzi_overlays import parsed as strimzi
from tests.support.kubernetes import EACH, OVERLAYS, built, parsed, unavailable
from tests.support.services.kubeconform import conform
from tests.support.services.programs import NotInstalledError
from tests.support.shared_folder import shared_folder

STRIMZI = ("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser")
WITHOUT_SCHEMA = (*STRIMZI, "SecretProviderClass")
"""Strimzi's are compared with its own definitions in the tests of strimzi/. The definition
of the Secrets Store driver is nowhere to be had here: not compared."""


def written(text: str, folder: Path) -> Path:
    file = folder / "manifests.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(text: str, folder: Path) -> tuple[int, list[str]]:
    try:
        return conform(written(text, folder), unknown=WITHOUT_SCHEMA)
    except NotInstalledError as error:
        unavailable(str(error))


WAYS = (
    *OVERLAYS, "production+external-secrets", "production+azure-key-vault", "production+traces",
    "production+probe",
)  # fmt: skip


@pytest.mark.parametrize("overlay", WAYS)
def test_every_resource_is_as_its_kind_wants_it(overlay: str, tmp_path: Path) -> None:
    known = [one for one in parsed(overlay) if one["kind"] not in WITHOUT_SCHEMA]
    assert problems(built(overlay), tmp_path) == (len(known), [])
    assert len(known) > 40


MISTAKES = [
    ("resources:", "recources:"),
    ("readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true"),
    ("minReplicaCount: 2", "minReplicas: 2"),
    ("maxUnavailable: 0", "maxUnavailable: [0]"),
    ("targetPort: http", "targetport: http"),
    ("policyTypes:", "policyType:"),
    ("podMetricsEndpoints:", "podMetricEndpoints:"),
    ("apiVersion: policy/v1\n", "apiVersion: policy/v1beta1\n"),
]


def test_each_of_several_mistakes_is_found(tmp_path: Path) -> None:
    text = built("production")
    for right, wrong in MISTAKES:
        assert right in text
        text = text.replace(right, wrong)
    found = "\n".join(problems(text, tmp_path)[1])
    for key in ("recources", "readOnlyRootFileSystem", "minReplicas", "targetport", "policyType"):
        assert f"'{key}'" in found
    for kind in ("PodMonitor", "PodDisruptionBudget", "NetworkPolicy"):
        assert f"{kind} " in found
    assert "rollingUpdate/maxUnavailable" in found


@pytest.mark.shared
def test_keda_takes_what_is_for_it_by_its_newest_definitions_too(tmp_path: Path) -> None:
    folder = shared_folder() / "crds"
    if not (folder / "validate_crds.py").is_file():
        pytest.skip(f"no definitions of resources in {folder}")
    ours = [one for one in parsed("production") if one["apiVersion"].startswith("keda.sh/")]
    file = written(yaml.safe_dump_all(ours), tmp_path)
    argv = [sys.executable, str(folder / "validate_crds.py"), str(folder / "keda"), str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout == f"{len(ours)} custom resources checked, 0 problems\n"
    assert len(ours) > 3


@EACH
def test_kafka_is_as_strimzi_has_it(overlay: str) -> None:
    """Which is compared with Strimzi's definitions in the tests of strimzi/."""
    ours = [one for one in parsed(overlay) if one["apiVersion"].startswith("kafka.strimzi.io/")]
    theirs = [one for one in strimzi(overlay) if one["apiVersion"].startswith("kafka.strimzi.io/")]
    assert sorted(ours, key=repr) == sorted(theirs, key=repr)
    assert len(ours) > 25
