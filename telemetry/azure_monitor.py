"""Azure Monitor's exporters, told to speak to nobody but the address that they are given."""

import os
from typing import Any, Final

from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter, AzureMonitorTraceExporter

from telemetry.azure_monitor_settings import AzureMonitorSettings
from telemetry.trace_settings import TraceSettings

_TRIES: Final = 4

# Their own usage statistics, which go to addresses of Microsoft, their remote configuration, and a
# metric beside each batch of spans. There is no other way to switch them off.
_SWITCHED_OFF: Final = (
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
)


def make_span_exporter(
    azure: AzureMonitorSettings, traces: TraceSettings
) -> AzureMonitorTraceExporter:
    """Connects when there is something to send. Changes the environment of this process."""
    return AzureMonitorTraceExporter(**_options(azure, traces))


def make_log_exporter(
    azure: AzureMonitorSettings, traces: TraceSettings
) -> AzureMonitorLogExporter:
    """The same for log lines."""
    return AzureMonitorLogExporter(**_options(azure, traces))


def _options(azure: AzureMonitorSettings, traces: TraceSettings) -> dict[str, Any]:
    if azure.connection_string is None:
        raise ValueError("Azure Monitor is not set up")
    os.environ.update(dict.fromkeys(_SWITCHED_OFF, "true"))
    spool: dict[str, Any] = {"disable_offline_storage": True}
    if azure.spool_folder is not None:
        spool = {"storage_directory": str(azure.spool_folder)}
    return {
        "connection_string": azure.connection_string.get_secret_value(),
        "credential": None,  # else it would look for one in variables that are not ours
        "timeout": _TRIES * traces.timeout_s,  # of all tries of a batch
        "read_timeout": traces.timeout_s,
        "retry_total": _TRIES - 1,
        **spool,
    }
