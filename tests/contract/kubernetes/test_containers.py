"""No container of the overlays may do more than it must: Pod Security `restricted`, and our own
rules on top of it. Strimzi makes its pods by itself."""

import re
from typing import Any

from tests.support.kubernetes import EACH, Manifest, Pod, named, pods, resources

_UNPINNED = re.compile(r"[^:@]+(:(latest|main|stable|edge))?")


def each(overlay: str) -> list[tuple[Pod, Manifest]]:
    found = [(pod, container) for pod in pods(overlay) for container in pod.containers]
    assert len(found) > 8
    return found


@EACH
def test_every_container_says_what_it_takes_and_what_it_may(overlay: str) -> None:
    for pod, container in each(overlay):
        asked, most = container["resources"]["requests"], container["resources"]["limits"]
        for what in ("cpu", "memory"):
            assert amount(asked[what]) <= amount(most[what]), (pod.name, what)


@EACH
def test_every_container_is_restricted(overlay: str) -> None:
    for pod, container in each(overlay):
        rules = container["securityContext"]
        assert rules["readOnlyRootFilesystem"] is True, pod.name
        assert rules["allowPrivilegeEscalation"] is False, pod.name
        assert rules["capabilities"] == {"drop": ["ALL"]}, pod.name
        assert not {"privileged", "runAsUser", "seccompProfile", "procMount"} & rules.keys()


@EACH
def test_every_pod_is_nobody_and_has_no_token(overlay: str) -> None:
    for pod in pods(overlay):
        rules = pod.spec["securityContext"]
        assert rules["runAsNonRoot"] is True
        assert rules["runAsUser"] > 0
        assert rules["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod.spec["automountServiceAccountToken"] is False, pod.name
        assert pod.spec["enableServiceLinks"] is False, pod.name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys()


@EACH
def test_accounts_exist_and_have_no_token_and_no_role(overlay: str) -> None:
    for pod in pods(overlay):
        account = pod.spec.get("serviceAccountName")
        if pod.is_ours:
            assert account
        if account:
            found = named(overlay, "ServiceAccount", account)
            assert found["automountServiceAccountToken"] is False
    kinds = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    assert list(resources(overlay, *kinds)) == []


@EACH
def test_every_image_has_a_version(overlay: str) -> None:
    for pod, container in each(overlay):
        assert not _UNPINNED.fullmatch(container["image"].rpartition("/")[2]), pod.name


@EACH
def test_volumes_are_bounded_and_none_is_of_the_node(overlay: str) -> None:
    allowed = {"emptyDir", "projected", "secret", "configMap", "csi"}
    for pod in pods(overlay):
        for volume in pod.spec.get("volumes", ()):
            [kind] = volume.keys() - {"name"}
            assert kind in allowed, (pod.name, kind)
            if kind == "emptyDir":
                assert amount(volume["emptyDir"]["sizeLimit"]) > 0
                assert volume["emptyDir"].get("medium", "") == ""
        for container in pod.containers:
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            claims = {"data", "signatures"}
            assert mounted <= {volume["name"] for volume in pod.spec["volumes"]} | claims


@EACH
def test_what_a_pod_writes_is_within_what_it_may_use_of_the_disk(overlay: str) -> None:
    for pod in pods(overlay):
        if not pod.is_ours:
            continue
        [tmp] = [one["emptyDir"] for one in pod.spec["volumes"] if one["name"] == "tmp"]
        most = pod.main["resources"]["limits"]["ephemeral-storage"]
        assert amount(tmp["sizeLimit"]) < amount(most), pod.name


@EACH
def test_secrets_are_files_of_ours_or_references(overlay: str) -> None:
    """No resource is a Secret, and no variable has a secret for its value."""
    assert list(resources(overlay, "Secret")) == []
    secret = re.compile(r"PASSWORD|SECRET|ACCESS_KEY|DSN|URL")
    for pod, container in each(overlay):
        for variable in container.get("env", ()):
            if secret.search(variable["name"]) and not variable["name"].endswith("_FILE"):
                assert "secretKeyRef" in variable["valueFrom"], (pod.name, variable["name"])
            if pod.is_ours:
                assert "valueFrom" not in variable
        assert not any("secretRef" in one for one in container.get("envFrom", ()))


@EACH
def test_files_of_secrets_may_be_read_by_the_group_at_most(overlay: str) -> None:
    for pod in pods(overlay):
        for volume in pod.spec.get("volumes", ()):
            for kind in ("secret", "projected"):
                if kind in volume:
                    assert volume[kind]["defaultMode"] == 0o440, pod.name


@EACH
def test_the_namespace_refuses_what_is_not_restricted(overlay: str) -> None:
    labels = named(overlay, "Namespace", "image-analyzer")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def amount(quantity: Any) -> float:
    """Of Kubernetes' quantities those that we use: plain, m, Mi and Gi."""
    units = {"": 1.0, "m": 0.001, "Mi": 1024.0**2, "Gi": 1024.0**3}
    number, unit = re.fullmatch(r"([0-9.]+)(m|Mi|Gi|)", str(quantity)).groups()  # type: ignore[union-attr] # no match fails the test as well
    return float(number) * units[unit]
