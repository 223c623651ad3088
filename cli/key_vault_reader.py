"""`python -m cli.key_vault_reader`: the short process that asks Azure Key Vault.

Reads `{"vault": address, "names": [...]}` from standard input and writes to standard output, as
`{"secrets": {name: text}}` or `{"problem": one line}`. A secret that the vault has not is left out.
"""

import json
import os
import re
import sys
from typing import Any

_CONNECT_S, _ANSWER_S, _RETRIES = 5, 10, 2
_NO_EXTRA = (
    "azure-identity and azure-keyvault-secrets are not installed, which reading a vault needs; "
    "pip install 'ai-image-analyzer[azure]'"
)


def answer(vault: str, names: list[str]) -> dict[str, Any]:
    try:
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - an extra that may be missing
    except ImportError:
        return {"problem": _NO_EXTRA}
    asked = ""
    try:
        client = _client(vault)
        found = {}
        for asked in names:
            text = _secret(client, asked)
            if text is not None:
                found[asked] = text
    except AzureError as error:
        return {"problem": f"{vault} {_problem(error, asked)}"}
    except ValueError:
        return {"problem": f"{vault} wants a token for something else: it is not that vault"}
    return {"secrets": found}


def _client(vault: str) -> Any:
    from azure.keyvault.secrets import SecretClient  # noqa: PLC0415 - as above

    bounds = {
        "connection_timeout": _CONNECT_S,
        "read_timeout": _ANSWER_S,
        "retry_total": _RETRIES,
        "retry_backoff_factor": 0.2,
    }
    return SecretClient(vault, _identity(bounds), **bounds)


def _identity(bounds: dict[str, Any]) -> Any:
    """The one that the environment names. Azure's own chain would try all, those of developers
    too, which start whatever program is called `az` here."""
    from azure import identity  # noqa: PLC0415 - as above

    if "AZURE_FEDERATED_TOKEN_FILE" in os.environ:
        return identity.WorkloadIdentityCredential(**bounds)
    if "AZURE_CLIENT_SECRET" in os.environ or "AZURE_CLIENT_CERTIFICATE_PATH" in os.environ:
        return identity.EnvironmentCredential(**bounds)
    return identity.ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID"), **bounds)


def _secret(client: Any, name: str) -> str | None:
    from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 - as above

    try:
        value = client.get_secret(name).value
    except ResourceNotFoundError:
        return None
    return None if value is None else str(value)


def _problem(error: Exception, name: str) -> str:
    """What an answer means, without its words: they may hold names that are nobody's business."""
    from azure.core import exceptions as azure  # noqa: PLC0415 - as above
    from azure.identity import CredentialUnavailableError  # noqa: PLC0415 - as above

    if isinstance(error, CredentialUnavailableError):
        return (
            "was not asked: this process has no Azure identity; set AZURE_TENANT_ID, "
            "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give it a workload or managed identity"
        )
    if isinstance(error, azure.ClientAuthenticationError):
        code = re.search(r"\bAADSTS\d+", str(error))
        return (
            f"was not read: the login of this process is refused{f' ({code[0]})' if code else ''}"
        )
    if isinstance(error, azure.HttpResponseError):
        if error.status_code == 403:
            return f"does not let this process read {name}; give its identity 'get' on secrets"
        return f"answered {error.status_code} when asked for {name}"
    return "does not answer"


def main() -> None:
    asked = json.load(sys.stdin)
    try:
        said = answer(asked["vault"], asked["names"])
    except Exception as error:  # noqa: BLE001 - its text may quote what was read
        said = {"problem": f"{asked['vault']}: unexpected {type(error).__name__}"}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
