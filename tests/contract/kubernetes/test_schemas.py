"""Kubernetes and its operators take every resource, by the schemas of their kinds."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.kubernetes import OVERLAYS, built, parsed, unavailable
from tests.support.services.kubeconform import conform
from tests.support.services.programs import NotInstalledError
from tests.support.shared_folder import shared_folder

STRIMZI = ("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser")
WITHOUT_SCHEMA = (*STRIMZI, "SecretProviderClass")
"""Strimzi's are compared with its own definitions, below and in the tests of strimzi/. The
definition of the Secrets Store driver is nowhere to be had here: not compared."""


def written(text: str, folder: Path) -> Path:
    file = folder / "manifests.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(text: str, folder: Path) -> tuple[int, list[str]]:
    try:
        return conform(written(text, folder), unknown=WITHOUT_SCHEMA)
    except NotInstalledError as error:
        unavailable(str(error))


WAYS = (*OVERLAYS, "production+external-secrets", "production+azure-key-vault")


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
def test_what_operators_take_is_as_they_define_it(tmp_path: Path) -> None:
    folder = shared_folder() / "crds"
    if not (folder / "validate_crds.py").is_file():
        pytest.skip(f"no definitions of resources in {folder}")
    texts = (built(overlay) for overlay in OVERLAYS)
    file = written("---\n".join(texts), tmp_path)
    argv = [sys.executable, str(folder / "validate_crds.py"), str(folder), str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    counted = re.search(r"(\d+) custom resources checked, 0 problems\n$", done.stdout)
    assert counted, done.stdout
    defined = ("keda.sh/", "kafka.strimzi.io/")
    ours = [one for overlay in OVERLAYS for one in parsed(overlay)]
    assert int(counted[1]) == sum(one["apiVersion"].startswith(defined) for one in ours)
