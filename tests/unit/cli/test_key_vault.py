"""What would be asked of a Key Vault, and which addresses are none."""

from dataclasses import fields

import pytest

from cli.environment import PREFIX, secret_variables
from cli.exit_codes import ConfigurationError, ExitCode
from cli.key_vault import secret_name, with_secrets_from_key_vault
from cli.processes import worker_uses
from cli.settings import Settings
from processors.parts import WorkerConfig


def test_without_a_vault_the_environment_is_as_it_was() -> None:
    environment = {"ANALYZER_POSTGRES__DSN": "x", "OTHER": "y"}
    assert with_secrets_from_key_vault(environment, Settings) == environment


def test_every_secret_has_a_name_that_a_vault_allows_and_that_no_other_has() -> None:
    names = {secret_name(variable) for variable in secret_variables(Settings)}
    assert len(names) == len(secret_variables(Settings))
    for name in names:
        assert name.replace("-", "").isalnum()
        assert len(name) <= 127
    assert "analyzer-postgres--dsn" in names


@pytest.mark.parametrize(
    "address",
    ["", "pictures.vault.azure.net", "http://pictures.vault.azure.net", "https://", "https://v/x",
     "https://user:canary@v", "https://v?canary", "https://v:canary", "https://[v"],
)  # fmt: skip
def test_an_address_that_is_no_vault_is_refused_and_not_quoted(address: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        with_secrets_from_key_vault({"ANALYZER_KEY_VAULT_URL": address}, Settings)
    assert caught.value.exit_code is ExitCode.CONFIGURATION
    assert str(caught.value).startswith("ANALYZER_KEY_VAULT_URL: must be https://")
    assert "canary" not in str(caught.value)


def test_workers_ask_for_the_secrets_of_the_slices_that_they_are_handed() -> None:
    with_secrets = {
        name.removeprefix(PREFIX).partition("__")[0].lower() for name in secret_variables(Settings)
    }
    exported_by = {"azure_monitor", "traces"}
    handed = {field.name for field in fields(WorkerConfig)} | exported_by
    assert set(worker_uses(["deliver"])) == handed & with_secrets
    assert "webhooks" not in worker_uses(["detect", "detect-bulk"])
