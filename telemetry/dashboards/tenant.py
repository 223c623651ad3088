"""One tenant, out of the rows that there are: no metric has a tenant, since nobody bounds how many
there will be."""

from typing import Final

from telemetry.dashboards.panels import (
    BYTES,
    MILLISECONDS,
    NUMBER,
    SECONDS,
    SHARE,
    Dashboard,
    Panel,
    Row,
    Sql,
)

_NOW: Final = Row("The tenant", (
    Panel(
        title="Tier",
        description="What limits it has, and since when there is a tenant of this name.",
        unit=NUMBER, kind="table", height=4,
        asks=(Sql("SELECT tier, created_at FROM tenants WHERE tenant_id = ${tenant:sqlstring}"),),
    ),
    Panel(
        title="Without an outcome",
        description="Requests, whenever they were accepted.",
        unit=NUMBER, kind="stat", width=4, height=4,
        asks=(Sql(
            "SELECT count(*) AS requests FROM analyses"
            " WHERE tenant_id = ${tenant:sqlstring} AND state = 'accepted'"
        ),),
    ),
    Panel(
        title="Oldest without an outcome",
        description="0 when there is none.",
        unit=SECONDS, kind="stat", width=4, height=4, levels=(("red", 60),),
        runbooks=("InteractiveRequestsAge", "BulkRequestsAge"),
        asks=(Sql(
            "SELECT coalesce(extract(epoch FROM now() - min(accepted_at)), 0) AS age"
            " FROM analyses WHERE tenant_id = ${tenant:sqlstring} AND state = 'accepted'"
        ),),
    ),
    Panel(
        title="Accepted",
        description="Within the time that is shown.",
        unit=NUMBER, kind="stat", width=4, height=4,
        asks=(Sql(
            "SELECT count(*) AS requests"
            " FROM analyses WHERE tenant_id = ${tenant:sqlstring} AND $__timeFilter(accepted_at)"
        ),),
    ),
    Panel(
        title="Share that failed",
        description="Of the requests that got their outcome within the time that is shown; those "
        "that were cancelled or expired are not among the failed.",
        unit=SHARE, kind="stat", width=4, height=4,
        asks=(Sql(
            "SELECT count(*) FILTER (WHERE state = 'failed')::float8 / nullif(count(*), 0)"
            " AS failed"
            " FROM analyses WHERE tenant_id = ${tenant:sqlstring} AND $__timeFilter(finished_at)"
        ),),
    ),
))  # fmt: skip

_IN_TIME: Final = Row("In time", (
    Panel(
        title="Accepted by lane",
        description="Requests in each step of the graph.",
        unit=NUMBER, is_stacked=True,
        asks=(Sql(
            "SELECT $__timeGroupAlias(accepted_at, $__interval), lane AS metric, count(*)"
            " AS requests"
            " FROM analyses WHERE tenant_id = ${tenant:sqlstring} AND $__timeFilter(accepted_at)"
            " GROUP BY 1, 2 ORDER BY 1", is_series=True,
        ),),
    ),
    Panel(
        title="Finished by state",
        description="Requests in each step of the graph, by when they got their outcome.",
        unit=NUMBER, is_stacked=True,
        asks=(Sql(
            "SELECT $__timeGroupAlias(finished_at, $__interval), state AS metric, count(*)"
            " AS requests"
            " FROM analyses WHERE tenant_id = ${tenant:sqlstring} AND $__timeFilter(finished_at)"
            " GROUP BY 1, 2 ORDER BY 1", is_series=True,
        ),),
    ),
    Panel(
        title="From acceptance to outcome",
        description="Of those that were completed. The objective is 60 s for 99 % of all tenants' "
        "outcomes.",
        unit=SECONDS, levels=(("red", 60),), runbooks=("ResultsLateFast",),
        asks=(Sql(
            "SELECT $__timeGroupAlias(finished_at, $__interval),"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY age) AS p50,"
            " percentile_cont(0.95) WITHIN GROUP (ORDER BY age) AS p95,"
            " percentile_cont(0.99) WITHIN GROUP (ORDER BY age) AS p99"
            " FROM (SELECT finished_at, extract(epoch FROM finished_at - accepted_at) AS age"
            " FROM analyses WHERE tenant_id = ${tenant:sqlstring} AND $__timeFilter(finished_at)"
            " AND state = 'completed') AS finished GROUP BY 1 ORDER BY 1", is_series=True,
        ),),
    ),
    Panel(
        title="Bytes of uploads",
        description="In each step of the graph; pictures named by an address have no size.",
        unit=BYTES,
        asks=(Sql(
            "SELECT $__timeGroupAlias(accepted_at, $__interval), sum(size_bytes) AS uploads"
            " FROM analyses WHERE tenant_id = ${tenant:sqlstring} AND $__timeFilter(accepted_at)"
            " AND size_bytes IS NOT NULL GROUP BY 1 ORDER BY 1", is_series=True,
        ),),
    ),
    Panel(
        title="Failures by code",
        description="Within the time that is shown. docs/http-api.md says whose fault each is.",
        unit=NUMBER, kind="table",
        asks=(Sql(
            "SELECT failure_code, state, count(*) AS requests"
            " FROM analyses WHERE tenant_id = ${tenant:sqlstring} AND $__timeFilter(finished_at)"
            " AND failure_code IS NOT NULL GROUP BY 1, 2 ORDER BY requests DESC"
        ),),
    ),
    Panel(
        title="Latest failures",
        description="With the trace of each: look for it in Jaeger, or in the log lines.",
        unit=NUMBER, kind="table", runbooks=("DeadLetters",),
        asks=(Sql(
            "SELECT finished_at, request_id, kind, lane, failure_code, failure_attempts,"
            " substring(traceparent FROM 4 FOR 32) AS trace_id"
            " FROM analyses WHERE tenant_id = ${tenant:sqlstring} AND $__timeFilter(finished_at)"
            " AND failure_code IS NOT NULL ORDER BY finished_at DESC LIMIT 50"
        ),),
    ),
))  # fmt: skip

_WEBHOOKS: Final = Row("Webhooks", (
    Panel(
        title="Deliveries by state",
        description="Of outcomes within the time that is shown; dead: given up. How many attempts "
        "they took, at most.",
        unit=NUMBER, kind="table", runbooks=("WebhooksGivenUp",),
        asks=(Sql(
            "SELECT state, count(*) AS deliveries, max(attempts) AS attempts"
            " FROM webhook_deliveries WHERE tenant_id = ${tenant:sqlstring}"
            " AND $__timeFilter(created_at)"
            " GROUP BY state ORDER BY state"
        ),),
    ),
    Panel(
        title="Attempts by status",
        description="What the tenant's receivers answered within the time that is shown; without a "
        "status: there was no answer.",
        unit=MILLISECONDS, kind="table",
        asks=(Sql(
            "SELECT status, count(*) AS attempts,"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms) AS p50,"
            " percentile_cont(0.95) WITHIN GROUP (ORDER BY took_ms) AS p95,"
            " percentile_cont(0.99) WITHIN GROUP (ORDER BY took_ms) AS p99"
            " FROM webhook_attempts WHERE tenant_id = ${tenant:sqlstring} AND $__timeFilter(at)"
            " GROUP BY status ORDER BY status"
        ),),
    ),
    Panel(
        title="Latest that were given up or wait",
        description="`image-analyzer webhooks show` tells their attempts, `webhooks retry` begins "
        "anew.",
        unit=NUMBER, kind="table", runbooks=("WebhooksAge", "WebhooksGivenUp"),
        asks=(Sql(
            "SELECT created_at, request_id, state, attempts, due_at, finished_at"
            " FROM webhook_deliveries WHERE tenant_id = ${tenant:sqlstring}"
            " AND state <> 'delivered'"
            " AND $__timeFilter(created_at) ORDER BY created_at DESC LIMIT 50"
        ),),
    ),
))  # fmt: skip

_KEYS: Final = Row("API keys", (
    Panel(
        title="Keys",
        description="By id. Hashes and names of keys are not to be had here.",
        unit=NUMBER, kind="table", width=24,
        asks=(Sql(
            "SELECT key_id, role, created_at, last_used_at, expires_at, revoked_at FROM api_keys"
            " WHERE tenant_id = ${tenant:sqlstring} ORDER BY last_used_at DESC NULLS LAST LIMIT 100"
        ),),
    ),
))  # fmt: skip

TENANT: Final = Dashboard(
    uid="analyzer-tenant",
    title="Image Analyzer: one tenant",
    description="Read from PostgreSQL, by a user that may read no more than is shown here. It is "
    "not read again by itself: a large tenant's rows take the database some time.",
    rows=(_NOW, _IN_TIME, _WEBHOOKS, _KEYS),
    variables=("prometheus", "postgres", "tenant", "docs"),
    refresh="",
    since="now-24h",
)
