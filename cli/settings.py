"""All settings of the product in one frozen object, read once from the environment.

`ANALYZER_<SLICE>__<NAME>` sets a field of a slice: `ANALYZER_KAFKA__PARTITIONS=24`. A secret may
come from a file: `ANALYZER_POSTGRES__DSN_FILE=/run/secrets/dsn`, or from the Azure Key Vault that
`ANALYZER_KEY_VAULT_URL` names. Lists are comma-separated.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from cli.environment import (
    DELIMITER,
    PREFIX,
    secret_variables,
    unknown_variables,
    variable_at,
    with_secrets_from_files,
)
from cli.exit_codes import ConfigurationError
from cli.key_vault import with_secrets_from_key_vault
from cli.secret_rules import weak_secrets
from ingest_api.auth_settings import AuthSettings
from ingest_api.limit_settings import (
    AddressLimits,
    FreeTier,
    Limits,
    PremiumTier,
    StandardTier,
)
from ingest_api.settings import ApiSettings
from outbound.settings import WebhookSettings
from processors.scan.settings import ScannerSettings
from processors.settings import WorkerSettings
from storage.settings import BucketSettings, PostgresSettings, RedisSettings
from telemetry.azure_monitor_settings import AzureMonitorSettings
from telemetry.logs import LogSettings
from telemetry.metrics_port import MetricsSettings
from telemetry.trace_settings import TraceSettings
from topics.settings import KafkaSettings

_Slice = TypeVar("_Slice")


class Settings(BaseSettings):
    """Making one reads nothing: `load_settings` does. `postgres` and `bucket` have no sensible
    default and stay None until they are set; a command that needs one asks with `require`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kafka: KafkaSettings = KafkaSettings()
    postgres: PostgresSettings | None = None
    bucket: BucketSettings | None = None
    redis: RedisSettings = RedisSettings()
    api: ApiSettings = ApiSettings()
    auth: AuthSettings = AuthSettings()
    free_tier: FreeTier = FreeTier()
    standard_tier: StandardTier = StandardTier()
    premium_tier: PremiumTier = PremiumTier()
    limits: AddressLimits = AddressLimits()
    worker: WorkerSettings = WorkerSettings()
    scanner: ScannerSettings = ScannerSettings()
    webhooks: WebhookSettings = WebhookSettings()
    log: LogSettings = LogSettings()
    traces: TraceSettings = TraceSettings()
    azure_monitor: AzureMonitorSettings = AzureMonitorSettings()
    metrics: MetricsSettings = MetricsSettings()
    models_dir: Path | None = Field(
        None,
        description="A folder to look for model files in, before the cache and the bundled model.",
    )
    key_vault_url: str | None = Field(
        None, description="An Azure Key Vault, `https://<name>.vault.azure.net`; see Secrets."
    )

    @property
    def all_limits(self) -> Limits:
        """Of the tiers and of addresses."""
        return Limits(self.free_tier, self.standard_tier, self.premium_tier, self.limits)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed in, and nothing from anywhere else."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


class _Environment(EnvSettingsSource):
    """Reads the mapping it is given instead of the process's; lists need not be JSON."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(Settings, env_prefix=PREFIX, env_nested_delimiter=DELIMITER)
        self.env_vars = {name.lower(): value for name, value in environment.items()}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        del field_name, field
        try:
            return json.loads(value)
        except ValueError:
            return [part.strip() for part in value.split(",") if part.strip()]


def load_settings(
    environment: Mapping[str, str], *, uses: Collection[str] | None = None
) -> Settings:
    """Raises ConfigurationError with one line for each variable that is unknown or wrong, or holds
    a secret that protects nothing, and DependencyError when a Key Vault is named and not read.

    `uses` are the slices that the process has a use for (all): a vault is asked for no secret of
    another one, so that whoever decodes pictures never holds the key that signs tokens.
    """
    unknown = unknown_variables(environment, Settings)
    known = {name: text for name, text in environment.items() if name not in unknown}
    complete = with_secrets_from_key_vault(
        with_secrets_from_files(known, Settings), Settings, uses=uses
    )
    problems = list(unknown.values())
    try:
        settings = Settings(**_Environment(_ours(complete))())
        problems += weak_secrets(_secrets_in(complete))
    except ValidationError as error:
        problems += _lines(error)
    if problems:
        raise ConfigurationError("\n".join(problems))
    return settings


def require(part: _Slice | None, variable: str) -> _Slice:
    """A slice that this command cannot do without. Raises ConfigurationError."""
    if part is None:
        raise ConfigurationError(f"{variable}: is not set, and this command needs it")
    return part


def _ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in environment.items() if name.startswith(PREFIX)}


def _secrets_in(environment: Mapping[str, str]) -> dict[str, str]:
    secret = secret_variables(Settings)
    return {name: text for name, text in environment.items() if name in secret}


def _lines(error: ValidationError) -> list[str]:
    """One line a variable: a value that is wrong in two ways is still one thing to correct."""
    lines: dict[str, str] = {}
    for problem in error.errors(include_url=False):
        lines.setdefault(variable_at(problem["loc"]), _line(problem))
    return list(lines.values())


def _line(problem: ErrorDetails) -> str:
    variable = variable_at(problem["loc"])
    if problem["type"] == "missing":
        return f"{variable}: is not set, but other settings beside it are"
    allowed = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if DELIMITER not in variable and isinstance(problem["input"], dict):
        return f"{variable}{DELIMITER}*: {allowed}"
    shown = problem["input"]
    if variable in secret_variables(Settings) or not isinstance(shown, str | int | float):
        return f"{variable}: {allowed}"
    return f"{variable}={shown}: {allowed}"
