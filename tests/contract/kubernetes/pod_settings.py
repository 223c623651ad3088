"""The settings of a pod, as its process reads them from variables and files."""

import secrets
from pathlib import Path

from cli.settings import Settings, load_settings
from tests.support.certificates import write_certificate
from tests.support.kubernetes import SECRETS, Pod, environment_of, files_of_secrets, our_pods

_RANDOM = secrets.token_hex(32)
GIVEN = {
    "kafka/password": _RANDOM,
    "analyzer/postgres-dsn": f"postgresql://somebody:{_RANDOM}@postgres:5432/analyzer",
    "analyzer/redis-url": f"redis://:{_RANDOM}@redis:6379/0",
    "analyzer/bucket-access-key": _RANDOM,
    "analyzer/bucket-secret-key": _RANDOM,
    "analyzer/event-secret": _RANDOM,
    "analyzer/webhook-secret": _RANDOM,
}


def settings_of(overlay: str, pod: Pod, folder: Path) -> Settings:
    """Its secrets lie below `folder` meanwhile."""
    own = folder / pod.name
    for path in files_of_secrets(pod):
        file = own / path.removeprefix(SECRETS)
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.name == "ca.crt":
            write_certificate(file.parent)[0].replace(file)
        else:
            file.write_text(GIVEN[path.removeprefix(SECRETS)], encoding="utf-8")
    given = environment_of(overlay, pod).items()
    return load_settings({name: value.replace(SECRETS, f"{own}/") for name, value in given})


def lasting(overlay: str) -> list[Pod]:
    """Those of processes, not of Jobs."""
    return [pod for pod in our_pods(overlay) if pod.kind == "Deployment"]


def workers(overlay: str) -> list[Pod]:
    return [pod for pod in lasting(overlay) if pod.main["args"][0] == "worker"]
