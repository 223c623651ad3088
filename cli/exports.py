"""Settings to the way out for the telemetry of a process."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.exit_codes import ConfigurationError
from cli.settings import Settings
from telemetry.export import ExportNotPossibleError, Exports, exporting


@contextmanager
def exports_of(process: str, settings: Settings) -> Iterator[Exports]:
    """As `exporting` does it. Raises ConfigurationError."""
    try:
        with exporting(settings.traces, settings.azure_monitor, process=process) as exports:
            yield exports
    except ExportNotPossibleError as error:
        raise ConfigurationError(f"{error.setting}: {error}") from error
