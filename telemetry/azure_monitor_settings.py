"""Where Azure Monitor is, and what goes there."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


class AzureMonitorSettings(BaseModel):
    """Spans and log lines of level warning and above go to Azure Monitor when there is a
    `connection_string`, as the portal shows it; the `azure` extra brings what this needs. Sampling,
    queues and times are those of `ANALYZER_TRACES__…`. What Azure does not take in four
    tries is dropped, unless there is a `spool_folder` to keep it in for up to 48 hours
    (50 MB): nothing is written to disk otherwise. Metrics do not go there: let its Prometheus read
    them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    connection_string: SecretStr | None = None
    spool_folder: Path | None = None

    @field_validator("connection_string")
    @classmethod
    def _names_a_resource(cls, text: SecretStr | None) -> SecretStr | None:
        if text is None:
            return None
        parts = [part.partition("=") for part in text.get_secret_value().split(";") if part]
        named = {name.strip().lower(): value for name, _, value in parts}
        if not _KEY.fullmatch(named.get("instrumentationkey", "")):
            raise ValueError("InstrumentationKey must be a UUID, as the portal shows it")
        if not _is_safe(named.get("ingestionendpoint", "")):
            raise ValueError("IngestionEndpoint must be an https:// address")
        return text


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
        is_plain = parts.scheme == "http" and parts.hostname in _HERE
        return bool(parts.hostname) and (parts.scheme == "https" or is_plain) and parts.port != 0
    except ValueError:
        return False
