"""Secrets out of Azure Key Vault, for the secret settings that nothing else has set."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from cli.environment import DELIMITER, PREFIX, secret_variables
from cli.exit_codes import ConfigurationError, DependencyError

URL = f"{PREFIX}KEY_VAULT_URL"
ANSWER_WITHIN_S = 30.0

# Half of a login is asked for only where the other half is set: a process that keeps its pictures
# in a folder has no use for the keys of the bucket, and would be told that they lead nowhere.
_ONLY_BESIDE = {
    f"{PREFIX}BUCKET__ACCESS_KEY": f"{PREFIX}BUCKET__ENDPOINT",
    f"{PREFIX}BUCKET__SECRET_KEY": f"{PREFIX}BUCKET__ENDPOINT",
    f"{PREFIX}KAFKA__PASSWORD": f"{PREFIX}KAFKA__USERNAME",
    f"{PREFIX}TRACES__HEADERS": f"{PREFIX}TRACES__ENDPOINT",
}


def secret_name(variable: str) -> str:
    """`ANALYZER_POSTGRES__DSN` is `analyzer-postgres--dsn` in the vault."""
    return variable.lower().replace("_", "-")


def with_secrets_from_key_vault(
    environment: Mapping[str, str],
    settings: type[BaseModel],
    *,
    uses: Collection[str] | None = None,
    within_s: float = ANSWER_WITHIN_S,
) -> dict[str, str]:
    """The environment and what the vault has of the secrets that it lacks, when it names a vault;
    one newline at the end of a secret is left out. A secret that the vault has not stays unset.
    It is asked for secrets of the slices that `uses` names only, unless that is None.

    Azure's own variables say who asks: AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET, a
    workload identity or a managed one. Raises ConfigurationError for an address that is none, and
    DependencyError when the vault refuses, or does not answer within `within_s`.
    """
    address = environment.get(URL)
    if address is None:
        return dict(environment)
    _check(address)
    wanted = {secret_name(name): name for name in _missing(environment, settings, uses)}
    answer = _ask(address, list(wanted), environment, within_s) if wanted else {}
    found = {wanted[name]: text.removesuffix("\n") for name, text in answer.items()}
    return {**environment, **found}


def _missing(
    environment: Mapping[str, str], settings: type[BaseModel], uses: Collection[str] | None
) -> list[str]:
    return [
        name
        for name in sorted(secret_variables(settings))
        if name not in environment and _ONLY_BESIDE.get(name, URL) in environment
        if uses is None or _slice_of(name) in uses
    ]


def _slice_of(variable: str) -> str:
    return variable.removeprefix(PREFIX).partition(DELIMITER)[0].lower()


def _check(address: str) -> None:
    try:
        parts = urlsplit(address)
        is_address = parts.scheme == "https" and parts.hostname and parts.path in {"", "/"}
        is_bare = not (parts.query or parts.fragment or "@" in parts.netloc)
        good = is_address and is_bare and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConfigurationError(f"{URL}: must be https://<name of the vault>.vault.azure.net")


def _ask(
    address: str, names: list[str], environment: Mapping[str, str], within_s: float
) -> dict[str, str]:
    """In a short process of its own: Azure's libraries take twenty megabytes that nothing needs
    afterwards, and a process can be ended when it hangs. Secrets cross by a pipe."""
    try:
        ended = subprocess.run(
            (sys.executable, "-P", "-m", "cli.key_vault_reader"),
            input=json.dumps({"vault": address, "names": names}),
            env=_environment_of_reader(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libraries write there what is none of our lines
            text=True,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DependencyError(f"{URL}: {address} gave no answer within {within_s:g} s") from None
    return _secrets_in(ended.stdout, address)


def _environment_of_reader(environment: Mapping[str, str]) -> dict[str, str]:
    """Who asks, proxies and certificates; none of our own settings."""
    kept = {name: text for name, text in environment.items() if not name.startswith(PREFIX)}
    code = str(Path(__file__).resolve().parents[1])
    known = kept.get("PYTHONPATH")
    return {**kept, "PYTHONPATH": code if not known else os.pathsep.join((code, known))}


def _secrets_in(output: str, address: str) -> dict[str, str]:
    try:
        answer: dict[str, Any] = json.loads(output)
        if "problem" in answer:
            raise DependencyError(f"{URL}: {answer['problem']}")
        return {str(name): str(text) for name, text in answer["secrets"].items()}
    except (ValueError, KeyError):
        # The cause would quote what was read.
        raise DependencyError(f"{URL}: the process that asks {address} broke off") from None
