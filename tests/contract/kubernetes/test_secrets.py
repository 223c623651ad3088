"""Every secret that a pod asks for is made by somebody, whichever way it is kept."""

import subprocess
from pathlib import Path

import yaml

from tests.support.kubernetes import (
    FOLDER,
    SECRETS,
    files_of_secrets,
    our_pods,
    pods,
    resources,
)

OF_STRIMZI = ("kafka-user-", "image-analyzer-cluster-ca-cert")
Asked = set[tuple[str, str]]
"""Secrets and their keys."""


def asked_for(overlay: str) -> Asked:
    """Strimzi's own left out."""
    found = {one for pod in our_pods(overlay) for one in files_of_secrets(pod).values()}
    for pod in pods(overlay):
        for container in pod.containers:
            for variable in container.get("env", ()):
                if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                    found.add((reference["name"], reference["key"]))
        for volume in pod.spec.get("volumes", ()):
            if "secret" in volume:
                name = volume["secret"]["secretName"]
                found |= {(name, item["key"]) for item in volume["secret"]["items"]}
    return {one for one in found if not one[0].startswith(OF_STRIMZI)}


def test_external_secrets_makes_what_is_asked_for_and_no_more() -> None:
    overlay = "production+external-secrets"
    made = {
        (one["spec"]["target"]["name"], item["secretKey"])
        for one in resources(overlay, "ExternalSecret")
        for item in one["spec"]["data"]
    }
    assert made == asked_for(overlay)
    [store] = resources(overlay, "SecretStore")
    for one in resources(overlay, "ExternalSecret"):
        assert one["spec"]["secretStoreRef"]["name"] == store["metadata"]["name"]


def test_a_key_vault_gives_each_pod_the_files_that_it_had() -> None:
    overlay = "production+azure-key-vault"
    classes = {one["metadata"]["name"]: one for one in resources(overlay, "SecretProviderClass")}
    before = {pod.name: files_of_secrets(pod) for pod in our_pods("production")}
    assert asked_for(overlay) == set()
    for pod in our_pods(overlay):
        own = {
            Path(path).name for path in before[pod.name] if path.startswith(f"{SECRETS}analyzer/")
        }
        volumes = [one["csi"] for one in pod.spec["volumes"] if "csi" in one]
        assert len(volumes) == bool(own), pod.name
        for volume in volumes:
            chosen = classes[volume["volumeAttributes"]["secretProviderClass"]]
            objects = yaml.safe_load(chosen["spec"]["parameters"]["objects"])["array"]
            assert {yaml.safe_load(one)["objectAlias"] for one in objects} == own, pod.name


def test_the_script_for_development_makes_what_is_asked_for_anew_each_time() -> None:
    script = FOLDER / "overlays" / "development" / "secrets.sh"

    def run() -> dict[tuple[str, str], str]:
        done = subprocess.run((script,), capture_output=True, text=True, timeout=30, check=True)
        documents = yaml.safe_load_all(done.stdout)
        return {
            (one["metadata"]["name"], key): value
            for one in documents
            for key, value in one["stringData"].items()
        }

    first, second = run(), run()
    assert set(first) == asked_for("development")
    assert all(first[one] != second[one] for one in first)
    assert first["postgres-api", "dsn"].count(first["postgres", "api"]) == 1
    assert first["redis", "url"].split(":")[2].partition("@")[0] in first["redis", "redis.conf"]
