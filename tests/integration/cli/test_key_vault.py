"""Secrets out of Azure Key Vault: Azure's own client against a server that speaks its protocol."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.exit_codes import ConfigurationError, DependencyError, ExitCode
from cli.key_vault import with_secrets_from_key_vault
from cli.settings import Settings, load_settings
from tests.support.key_vault_server import CLIENT, VAULT, KeyVaultServer
from tests.support.within import crowd

ROOT = Path(__file__).resolve().parents[3]
DSN = f"postgresql://analyzer:{secrets.token_hex(16)}@127.0.0.1:1/analyzer"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[KeyVaultServer]:
    known = {"analyzer-postgres--dsn": DSN, "analyzer-api--secret": secrets.token_hex(32)}
    with KeyVaultServer(tmp_path, known, client_secret=secrets.token_hex(20)) as server:
        yield server


def environment_of(vault: KeyVaultServer, **more: str) -> dict[str, str]:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return {**kept, **vault.environment(), **more}


def refusal(environment: dict[str, str], *, within_s: float = 30.0) -> str:
    with pytest.raises(DependencyError) as caught:
        with_secrets_from_key_vault(environment, Settings, within_s=within_s)
    assert caught.value.exit_code is ExitCode.DEPENDENCY
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith("ANALYZER_KEY_VAULT_URL: ")
    return said


def migrate(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "cli.main", "migrate")
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_what_nothing_else_has_set_comes_from_the_vault(vault: KeyVaultServer) -> None:
    settings = load_settings(environment_of(vault))
    assert settings.postgres is not None
    assert settings.postgres.dsn.get_secret_value() == DSN
    assert settings.api.secret is not None
    assert settings.api.secret.get_secret_value() == vault.secrets["analyzer-api--secret"]
    assert settings.redis.url is None  # the vault has none


def test_one_login_serves_all_the_questions(vault: KeyVaultServer) -> None:
    load_settings(environment_of(vault))
    assert vault.logins == [CLIENT]
    assert {"analyzer-api--secret", "analyzer-auth--signing-key"} < set(vault.asked)


def test_a_process_asks_for_no_secret_that_it_has_no_use_for(vault: KeyVaultServer) -> None:
    load_settings(environment_of(vault), uses={"kafka", "postgres", "bucket"})
    assert vault.asked == ["analyzer-postgres--dsn"]
    assert "postgres is unavailable" in migrate(environment_of(vault)).stderr
    assert vault.asked == ["analyzer-postgres--dsn"] * 2


def test_what_is_set_is_not_asked_for(vault: KeyVaultServer, tmp_path: Path) -> None:
    file = tmp_path / "dsn"
    file.write_text("postgresql:///here")
    own = secrets.token_hex(32)
    found = load_settings(
        environment_of(vault, ANALYZER_POSTGRES__DSN_FILE=str(file), ANALYZER_API__SECRET=own)
    )
    assert found.postgres is not None
    assert found.postgres.dsn.get_secret_value() == "postgresql:///here"
    assert vault.asked
    assert not {"analyzer-api--secret", "analyzer-postgres--dsn"} & set(vault.asked)


def test_half_of_a_login_is_asked_for_beside_the_other_half(vault: KeyVaultServer) -> None:
    vault.secrets |= {
        "analyzer-bucket--access-key": secrets.token_hex(8),
        "analyzer-bucket--secret-key": secrets.token_hex(16),
    }
    settings = load_settings(environment_of(vault, ANALYZER_BUCKET__ENDPOINT="http://127.0.0.1:1"))
    assert settings.bucket is not None
    assert settings.bucket.secret_key is not None
    found = settings.bucket.secret_key.get_secret_value()
    assert found == vault.secrets["analyzer-bucket--secret-key"]
    assert "analyzer-kafka--password" not in vault.asked


def test_one_newline_at_the_end_is_left_out(vault: KeyVaultServer) -> None:
    vault.secrets["analyzer-postgres--dsn"] = DSN + "\n"
    found = with_secrets_from_key_vault(environment_of(vault), Settings)
    assert found["ANALYZER_POSTGRES__DSN"] == DSN


def test_a_weak_secret_of_the_vault_is_refused_like_any_other(vault: KeyVaultServer) -> None:
    vault.secrets["analyzer-api--secret"] = "changeme" * 4
    with pytest.raises(ConfigurationError, match=r"^ANALYZER_API__SECRET: is a default"):
        load_settings(environment_of(vault))


def test_a_login_that_is_refused(vault: KeyVaultServer) -> None:
    wrong = secrets.token_hex(20)
    said = refusal(environment_of(vault, AZURE_CLIENT_SECRET=wrong))
    assert said.endswith("was not read: the login of this process is refused (AADSTS7000215)")
    assert vault.asked == []


def test_a_secret_that_this_process_may_not_read(vault: KeyVaultServer) -> None:
    vault.refuses["analyzer-postgres--dsn"] = 403
    said = refusal(environment_of(vault))
    assert "does not let this process read analyzer-postgres--dsn" in said
    assert vault.secrets["analyzer-api--secret"] not in said


def test_a_vault_that_is_ill_is_asked_again_and_then_named(vault: KeyVaultServer) -> None:
    vault.refuses["analyzer-api--secret"] = 503
    said = refusal(environment_of(vault))
    assert said.endswith(f"https://{VAULT} answered 503 when asked for analyzer-api--secret")
    assert vault.asked == ["analyzer-api--secret"] * 3


def test_a_server_that_asks_for_tokens_of_something_else_gets_none(vault: KeyVaultServer) -> None:
    vault.resource = "https://management.azure.com"
    assert "it is not that vault" in refusal(environment_of(vault))
    assert vault.logins == []


def test_a_certificate_of_nobody_known_gets_no_login(vault: KeyVaultServer) -> None:
    environment = environment_of(vault)
    del environment["REQUESTS_CA_BUNDLE"]
    assert refusal(environment).endswith("does not answer")
    assert vault.logins == []


def test_a_process_without_an_identity_is_told_how_to_get_one(vault: KeyVaultServer) -> None:
    environment = environment_of(vault)
    del environment["AZURE_CLIENT_SECRET"]
    assert "this process has no Azure identity" in refusal(environment)


def test_a_vault_that_stays_silent_is_not_waited_for(vault: KeyVaultServer) -> None:
    vault.is_silent = True
    began = time.monotonic()
    assert "gave no answer within 3 s" in refusal(environment_of(vault), within_s=3)
    assert time.monotonic() - began < 6 * crowd()


def test_a_command_ends_with_one_line_and_its_exit_code(vault: KeyVaultServer) -> None:
    vault.refuses["analyzer-postgres--dsn"] = 403
    ended = migrate(environment_of(vault))
    assert ended.returncode == ExitCode.DEPENDENCY
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("image-analyzer: ANALYZER_KEY_VAULT_URL: ")


def test_a_command_works_with_what_the_vault_has(vault: KeyVaultServer) -> None:
    ended = migrate(environment_of(vault))
    assert "postgres is unavailable" in ended.stderr  # it knew where to look
    assert DSN not in ended.stderr
