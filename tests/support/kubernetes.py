"""What Kustomize makes of the overlays of deployment/kubernetes; each is built once."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from tests.support.services.kustomize import kustomize_build
from tests.support.services.programs import NotInstalledError

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deployment" / "kubernetes"
OVERLAYS = ("production", "development")
EACH = pytest.mark.parametrize("overlay", OVERLAYS)
SECRETS = "/run/secrets/"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pod:
    """The pods that a resource makes: `name` of the resource, `labels` and `spec` of the pods."""

    kind: str
    name: str
    labels: dict[str, str]
    spec: Manifest

    @property
    def containers(self) -> list[Manifest]:
        """Those that are started before the others, too."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]

    @property
    def is_ours(self) -> bool:
        return any(one["name"] == "analyzer" for one in self.spec["containers"])

    @property
    def main(self) -> Manifest:
        """Of one of ours."""
        [found] = [one for one in self.spec["containers"] if one["name"] == "analyzer"]
        return dict(found)


@cache
def built(overlay: str) -> str:
    """The YAML of all resources; `production+probe` is an overlay with a component that it does not
    have by itself. Without Kustomize a skip, but a failure in CI."""
    name, _, component = overlay.partition("+")
    try:
        if component:
            return _built_with(FOLDER / "overlays" / name, FOLDER / "components" / component)
        return kustomize_build(FOLDER / "overlays" / name)
    except NotInstalledError as error:
        unavailable(str(error))


def _built_with(overlay: Path, component: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder).resolve()
        own = yaml.safe_load((overlay / "kustomization.yaml").read_text(encoding="utf-8"))
        kustomization = {
            "resources": [os.path.relpath(overlay, here)],
            "components": [os.path.relpath(component, here)],
            # Of what the component brings too, as where the overlay itself has it.
            "images": own.get("images", []),
        }
        (here / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
        return kustomize_build(here)


def unavailable(missing: str) -> NoReturn:
    """Ends the test: a skip, but a failure in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


@cache
def parsed(overlay: str) -> tuple[Manifest, ...]:
    """All resources; shared by the tests, so nobody changes them."""
    return tuple(yaml.safe_load_all(built(overlay)))


def resources(overlay: str, *kinds: str) -> Iterator[Manifest]:
    return (one for one in parsed(overlay) if one["kind"] in kinds)


def named(overlay: str, kind: str, name: str) -> Manifest:
    [found] = [one for one in resources(overlay, kind) if one["metadata"]["name"] == name]
    return found


def pods(overlay: str) -> list[Pod]:
    """Of everything that makes pods, Strimzi's resources left out."""
    return [pod for one in parsed(overlay) if (pod := _pod_of(one)) is not None]


def our_pods(overlay: str) -> list[Pod]:
    """Those that run our image."""
    return [pod for pod in pods(overlay) if pod.is_ours]


def environment_of(overlay: str, pod: Pod) -> dict[str, str]:
    """What the main container of one of ours is given, as the kubelet makes it."""
    found: dict[str, str] = {}
    for source in pod.main.get("envFrom", ()):
        name = source["configMapRef"]["name"]
        found |= named(overlay, "ConfigMap", name)["data"]
    return found | {one["name"]: one["value"] for one in pod.main.get("env", ())}


def files_of_secrets(pod: Pod) -> dict[str, tuple[str, str]]:
    """Of one of ours: Secret and key by the path of the file."""
    mounted = {one["name"]: one["mountPath"] for one in pod.main["volumeMounts"]}
    return {
        f"{mounted[volume['name']]}/{item['path']}": (source["secret"]["name"], item["key"])
        for volume in pod.spec["volumes"]
        for source in volume.get("projected", {}).get("sources", ())
        for item in source["secret"]["items"]
    }


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """A label selector of Kubernetes, with the operators that we use."""
    wanted = selector.get("matchLabels", {})
    if any(labels.get(name) != value for name, value in wanted.items()):
        return False
    return all(_holds(rule, labels) for rule in selector.get("matchExpressions", ()))


def _holds(rule: Manifest, labels: dict[str, str]) -> bool:
    if rule["operator"] == "In":
        return labels.get(rule["key"]) in rule["values"]
    assert rule["operator"] == "DoesNotExist"
    return rule["key"] not in labels


def _pod_of(one: Manifest) -> Pod | None:
    spec = one.get("spec", {})
    if one["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    if one["kind"] not in {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}:
        return None
    template = one if one["kind"] == "Pod" else spec["template"]
    labels = dict(template["metadata"]["labels"])
    return Pod(one["kind"], one["metadata"]["name"], labels, template["spec"])
