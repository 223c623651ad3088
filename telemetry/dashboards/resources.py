"""What the product leans on, and its processes themselves."""

from typing import Final

from telemetry.dashboards.panels import BYTES, NUMBER, PER_SECOND, SECONDS, SHARE, Ask, Panel, Row
from telemetry.dashboards.promql import JOB, level, per_second, quantile
from telemetry.metric_names import MetricNames as M

LEANS_ON: Final = Row("What it leans on", (
    Panel(
        title="Dependencies",
        description="0 while work is held for it, by at least one process.",
        unit=NUMBER, base="red", levels=(("green", 1),), values={0: "down", 1: "up"},
        runbooks=("DependencyDown", "WorkIsHeld"),
        asks=(Ask(level(M.dependency_up, "dependency", "job", how="min"),
                  "{{dependency}} for {{job}}"),),
    ),
    Panel(
        title="Breakers",
        description="Open: calls fail at once. Half open: one call finds out.",
        unit=NUMBER, levels=(("yellow", 1), ("red", 2)),
        values={0: "closed", 1: "half open", 2: "open"}, runbooks=("BreakerOpen",),
        asks=(Ask(level(M.breaker_state, "dependency", "job", how="max"),
                  "{{dependency}} for {{job}}"),),
    ),
    Panel(
        title="Breakers that opened",
        description="Within the time that is shown; failed probes are not counted again.",
        unit=NUMBER, kind="stat", levels=(("yellow", 1),), runbooks=("BreakerOpen",),
        asks=(Ask(f"sum(increase({M.breaker_opened.name}{{{JOB}}}[$__range])) or vector(0)",
                  "opened", at_end=True),),
    ),
    Panel(
        title="Databases, p99",
        description="One statement or command, waits and repeats included.",
        unit=SECONDS,
        asks=(Ask(quantile(0.99, M.database_seconds, "db_system_name"), "{{db_system_name}}",
                  has_exemplars=True),),
    ),
    Panel(
        title="Statements that fail",
        description="By their error.",
        unit=PER_SECOND,
        asks=(Ask(per_second(M.database_seconds, "db_system_name", "error_type",
                             where='error_type!=""'), "{{db_system_name}} {{error_type}}"),),
    ),
    Panel(
        title="Connections to PostgreSQL",
        description="Of all processes together; `waiting` is who has none and wants one.",
        unit=NUMBER, runbooks=("PostgresPoolExhausted",),
        asks=(
            Ask(level(M.database_connections, "db_client_connection_state"),
                "{{db_client_connection_state}}"),
            Ask(level(M.database_connections_most), "at most"),
            Ask(level(M.database_waiting), "waiting"),
        ),
    ),
    Panel(
        title="Bucket by operation, p95",
        description="One call of the object store.",
        unit=SECONDS,
        asks=(Ask(quantile(0.95, M.bucket_seconds, "operation"), "{{operation}}",
                  has_exemplars=True),),
    ),
    Panel(
        title="Sending to Kafka by topic, p95",
        description="From sending to the confirmation.",
        unit=SECONDS,
        asks=(Ask(quantile(0.95, M.send_seconds, "messaging_destination_name"),
                  "{{messaging_destination_name}}", has_exemplars=True),),
    ),
    Panel(
        title="Sends that fail",
        description="Not confirmed, by topic and error. Accepted requests are announced later by "
        "the sweeper.",
        unit=PER_SECOND, runbooks=("SendsFail", "AnnouncementsFail"),
        asks=(
            Ask(per_second(M.sent, "messaging_destination_name", "error_type",
                           where='error_type!=""'),
                "{{messaging_destination_name}} {{error_type}}"),
            Ask(per_second(M.announce_failures), "accepted and not announced"),
        ),
    ),
))  # fmt: skip

PROCESSES: Final = Row("The processes", (
    Panel(
        title="Processes that answer",
        description="Those that Prometheus could read, by what they are.",
        unit=NUMBER, runbooks=("ProcessDown", "NothingRuns"),
        asks=(Ask(f"sum by (job) (up{{{JOB}}})", "{{job}}"),),
    ),
    Panel(
        title="Starts",
        description="Within a quarter of an hour, by process.",
        unit=NUMBER, levels=(("red", 3),), runbooks=("ProcessRestarts",),
        asks=(Ask(f"changes(process_start_time_seconds{{{JOB}}}[15m])", "{{job}} {{instance}}"),),
    ),
    Panel(
        title="Versions",
        description="More than one while a new version is rolled out.",
        unit=NUMBER,
        asks=(Ask(level(M.build_info, "version", "python"), "{{version}}, Python {{python}}"),),
    ),
    Panel(
        title="Resident memory",
        description="Of each process; children of a detector are not in it. The shipped limit of "
        "most is 512 MB.",
        unit=BYTES, levels=(("red", 420e6),), runbooks=("MemoryNearLimit",),
        asks=(Ask(f"process_resident_memory_bytes{{{JOB}}}", "{{job}} {{instance}}"),),
    ),
    Panel(
        title="Cores in use",
        description="Of each process; children of a detector are not in it.",
        unit=NUMBER,
        asks=(Ask(f"rate(process_cpu_seconds_total{{{JOB}}}[$__rate_interval])",
                  "{{job}} {{instance}}"),),
    ),
    Panel(
        title="Files and connections open",
        description="The share of what a process may have.",
        unit=SHARE, levels=(("red", 0.8),), runbooks=("FilesNearLimit",),
        asks=(Ask(f"process_open_fds{{{JOB}}} / process_max_fds{{{JOB}}}",
                  "{{job}} {{instance}}"),),
    ),
    Panel(
        title="Lag of event loops, p90",
        description="How much later than asked for a timer fires: how busy it is.",
        unit=SECONDS, levels=(("red", 0.25),), runbooks=("EventLoopLags",),
        asks=(Ask(quantile(0.9, M.loop_lag_seconds, "job", "instance"), "{{job}} {{instance}}"),),
    ),
    Panel(
        title="Log lines dropped",
        description="Because nobody reads what the process writes.",
        unit=PER_SECOND, runbooks=("LogLinesDropped",),
        asks=(Ask(per_second(M.log_lines_dropped, "job", "instance"), "{{job}} {{instance}}"),),
    ),
    Panel(
        title="Audit events",
        description="Written, only counted (sampled), or lost: in the log alone.",
        unit=PER_SECOND, runbooks=("AuditEventsLost",),
        asks=(Ask(per_second(M.audit_events, "action", "outcome"), "{{action}} {{outcome}}"),),
    ),
))  # fmt: skip
