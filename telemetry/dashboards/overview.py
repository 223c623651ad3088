"""Is all well, and if not, where to look."""

from typing import Final

from telemetry.dashboards.objectives import OBJECTIVES
from telemetry.dashboards.panels import (
    BYTES,
    NUMBER,
    PER_SECOND,
    REQUESTS,
    SECONDS,
    SHARE,
    Ask,
    Dashboard,
    Panel,
    Row,
)
from telemetry.dashboards.promql import level, per_second, quantile, share
from telemetry.dashboards.resources import LEANS_ON, PROCESSES
from telemetry.metric_names import MetricNames as M

_HTTP: Final = M.http_seconds
_OF_A_PROBE: Final = '{job!=""}'
"""It is no process of the product, and any job may be its."""
_FAILED: Final = 'http_response_status_code=~"5.."'

_API: Final = Row("The API", (
    Panel(
        title="Requests by route",
        description="A route is as it is declared, without the ids in it.",
        unit=REQUESTS, is_stacked=True,
        asks=(Ask(per_second(_HTTP, "http_request_method", "http_route"),
                  "{{http_request_method}} {{http_route}}"),),
    ),
    Panel(
        title="Answers by status",
        description="499: the client went away before its answer. 429: a limit (see the pipeline).",
        unit=REQUESTS, is_stacked=True,
        asks=(Ask(per_second(_HTTP, "http_response_status_code"),
                  "{{http_response_status_code}}"),),
    ),
    Panel(
        title="Share of answers that are 5xx",
        description="Of all answers, over the window of one point. The objective is 0.1 %.",
        unit=SHARE, levels=(("red", 0.001),), runbooks=("ApiErrorBudgetBurnsFast",),
        asks=(Ask(share(per_second(_HTTP, where=_FAILED), per_second(_HTTP)), "5xx"),),
    ),
    Panel(
        title="Duration of requests",
        description="From the first byte in to the last out; whoever waits for a result "
        "(`Prefer: wait`) waits within it. A point of an exemplar leads to its trace.",
        unit=SECONDS,
        asks=tuple(
            Ask(quantile(part, _HTTP), f"p{part * 100:g}", has_exemplars=part == 0.99)
            for part in (0.5, 0.95, 0.99)
        ),
    ),
    Panel(
        title="Duration by route, p95",
        description="Of each route; those of event streams are to their first byte.",
        unit=SECONDS,
        asks=(Ask(quantile(0.95, _HTTP, "http_route"), "{{http_route}}"),),
    ),
    Panel(
        title="Requests and connections that are open",
        description="Event streams are among them.",
        unit=NUMBER,
        asks=(
            Ask(level(M.http_active), "requests in work"),
            Ask(level(M.http_connections), "connections"),
            Ask(level(M.sse_clients), "event streams"),
        ),
    ),
    Panel(
        title="Accepted by door",
        description="Rows committed: from then on nothing is lost.",
        unit=REQUESTS, is_stacked=True,
        asks=(Ask(per_second(M.accepted, "door"), "{{door}}"),),
    ),
    Panel(
        title="Bytes of pictures on their way in",
        description="What the requests in work have brought, and the least room left in which one "
        "API process keeps pictures over 1 MiB while they come.",
        unit=BYTES, runbooks=("SpoolNearlyFull",),
        asks=(
            Ask(level(M.upload_bytes), "in work"),
            Ask(level(M.spool_free_bytes, how="min"), "room left, least"),
        ),
    ),
    Panel(
        title="Refused before a route was looked for",
        description="Too many connections, heads that are no HTTP, hosts that are not ours: by "
        "code. They are in no other panel.",
        unit=REQUESTS,
        asks=(Ask(per_second(M.http_refused, "reason"), "{{reason}}"),),
    ),
))  # fmt: skip

_WORK: Final = Row("The work", (
    Panel(
        title="Oldest request without an outcome",
        description="By lane and tier. Every process that sweeps tells the same, in its rounds; "
        "0 when there is none.",
        unit=SECONDS, levels=(("red", 60),),
        runbooks=("InteractiveRequestsAge", "BulkRequestsAge", "NobodySweeps"),
        asks=(Ask(level(M.oldest_seconds, "lane", "tier", how="max"), "{{lane}} {{tier}}"),),
    ),
    Panel(
        title="Requests without an outcome",
        description="By lane and tier.",
        unit=NUMBER, is_stacked=True,
        asks=(Ask(level(M.unfinished, "lane", "tier", how="max"), "{{lane}} {{tier}}"),),
    ),
    Panel(
        title="Lag by group and topic",
        description="Records that a group has not finished; those in work are among them.",
        unit=NUMBER, runbooks=("ConsumerLagGrows", "ProcessorTakesNothing"),
        asks=(Ask(
            level(M.lag, "messaging_consumer_group_name", "messaging_destination_name", how="max"),
            "{{messaging_consumer_group_name}} {{messaging_destination_name}}",
        ),),
    ),
    Panel(
        title="From acceptance to outcome",
        description="Of requests whose outcome was put on record. The objective is 60 s for 99 %.",
        unit=SECONDS, levels=(("red", 60),), runbooks=("ResultsLateFast", "ResultsLateSlowly"),
        asks=tuple(
            Ask(quantile(part, M.request_seconds), f"p{part * 100:g}", has_exemplars=part == 0.99)
            for part in (0.5, 0.95, 0.99)
        ),
    ),
    Panel(
        title="Outcomes by code",
        description="Put on record, repeats included; `completed`, or why not.",
        unit=PER_SECOND, is_stacked=True,
        asks=(Ask(per_second(M.outcomes, "code"), "{{code}}"),),
    ),
    Panel(
        title="Share of outcomes that are failures",
        description="A picture that is none is a failure too: look at the codes.",
        unit=SHARE,
        asks=(Ask(
            share(per_second(M.outcomes, where='code!="completed"'), per_second(M.outcomes)),
            "failed",
        ),),
    ),
))  # fmt: skip

_PROBE: Final = Row("The probe", (
    Panel(
        title="Doors that a known picture comes out of",
        description="1 where it does, in time and with what is in it. Nothing without a probe.",
        unit=NUMBER, runbooks=("ProbeFailing",),
        asks=(Ask(f"min by (door) ({M.probe_success.name}{_OF_A_PROBE})", "{{door}}"),),
    ),
    Panel(
        title="How long a known picture takes",
        description="From the first connection to the outcome, of the last round.",
        unit=SECONDS,
        asks=(Ask(f"max by (door) ({M.probe_seconds.name}{_OF_A_PROBE})", "{{door}}"),),
    ),
    Panel(
        title="Since the last round of the probe",
        description="The two panels beside it are as old as this.",
        unit=SECONDS, levels=(("red", 900),),
        asks=(Ask(f"time() - min by (door) ({M.probe_last_run.name}{_OF_A_PROBE})", "{{door}}"),),
    ),
))  # fmt: skip

OVERVIEW: Final = Dashboard(
    uid="analyzer-overview",
    title="Image Analyzer: overview",
    description="Is all well, and if not, where to look.",
    rows=(OBJECTIVES, _API, _WORK, LEANS_ON, PROCESSES, _PROBE),
)
