"""What happens to a picture on its way, stage by stage."""

from typing import Final

from telemetry.dashboards.panels import (
    NUMBER,
    PER_SECOND,
    SECONDS,
    SHARE,
    Ask,
    Dashboard,
    Panel,
    Row,
)
from telemetry.dashboards.promql import (
    amount_per_second,
    level,
    per_second,
    quantile,
    share,
)
from telemetry.dashboards.stages import DELIVER, DETECT, FETCH, RECORD, SCAN
from telemetry.metric_names import MetricNames as M

_TOPIC: Final = "messaging_destination_name"

_WHOLE: Final = Row("The whole way", (
    Panel(
        title="Messages taken by topic",
        description="By all processes together.",
        unit=PER_SECOND,
        asks=(Ask(per_second(M.consumed, _TOPIC), f"{{{{{_TOPIC}}}}}"),),
    ),
    Panel(
        title="What became of messages",
        description="done; retried: later, by its retry topic; exhausted: its tries are used up; "
        "invalid: by its own fault; unexpected: by ours.",
        unit=PER_SECOND, is_stacked=True, runbooks=("DeadLetters",),
        asks=(Ask(per_second(M.process_seconds, "outcome"), "{{outcome}}"),),
    ),
    Panel(
        title="In work",
        description="Messages that were taken and have no outcome yet, and how many of a topic may "
        "be. All in work and none taken: something holds.",
        unit=NUMBER,
        asks=(
            Ask(level(M.in_work, _TOPIC), f"{{{{{_TOPIC}}}}}"),
            Ask(level(M.in_work_limit, _TOPIC), f"limit of {{{{{_TOPIC}}}}}"),
        ),
    ),
    Panel(
        title="Held for a dependency",
        description="Nothing is lost or failed by that; nothing gets done either.",
        unit=NUMBER, levels=(("red", 1),), runbooks=("WorkIsHeld",),
        asks=(Ask(level(M.held, "dependency"), "{{dependency}}"),),
    ),
    Panel(
        title="Tries that fail",
        description="By a transient error, each to be tried again.",
        unit=PER_SECOND, runbooks=("ManyRetries",),
        asks=(Ask(per_second(M.attempts_failed, _TOPIC), f"{{{{{_TOPIC}}}}}"),),
    ),
    Panel(
        title="Back from retry topics",
        description="Messages whose pause was over, sent to be worked again.",
        unit=PER_SECOND, runbooks=("ManyRetries",),
        asks=(Ask(per_second(M.returned, _TOPIC), f"{{{{{_TOPIC}}}}}"),),
    ),
    Panel(
        title="Partitions by group",
        description="That the processes of a group work together: all of a topic's, but while "
        "they are shared out anew.",
        unit=NUMBER,
        asks=(Ask(level(M.assigned_partitions, "messaging_consumer_group_name"),
                  "{{messaging_consumer_group_name}}"),),
    ),
    Panel(
        title="Sent by topic",
        description="Confirmed or failed.",
        unit=PER_SECOND,
        asks=(Ask(per_second(M.sent, _TOPIC), f"{{{{{_TOPIC}}}}}"),),
    ),
    Panel(
        title="From the log to who waits, p99",
        description="The live tail of each API process: from the record in the log to the clients "
        "that wait for it.",
        unit=SECONDS, runbooks=("TailDisconnected",),
        asks=(Ask(quantile(0.99, M.tail_delay_seconds, "job", "instance"), "{{instance}}"),),
    ),
))  # fmt: skip

_CLIENTS: Final = Row("Towards clients: cache, limits, streams", (
    Panel(
        title="Result cache",
        description="Look-ups by what came of them.",
        unit=PER_SECOND, is_stacked=True,
        asks=(Ask(per_second(M.cache, "outcome"), "{{outcome}}"),),
    ),
    Panel(
        title="Share of hits",
        description="Of all look-ups of the result cache.",
        unit=SHARE,
        asks=(Ask(share(per_second(M.cache, where='outcome="hit"'), per_second(M.cache)),
                  "hits"),),
    ),
    Panel(
        title="Calls that the cache failed",
        description="Each was answered as a miss.",
        unit=PER_SECOND, runbooks=("DependencyDown",),
        asks=(Ask(per_second(M.cache_failures, "operation"), "{{operation}}"),),
    ),
    Panel(
        title="What limits said",
        description="degraded: allowed by the process's own count, while the shared one is away.",
        unit=PER_SECOND,
        asks=(Ask(per_second(M.limiter_decisions, "limit", "decision"),
                  "{{limit}} {{decision}}"),),
    ),
    Panel(
        title="Limits are shared",
        description="0 while at least one process enforces them by itself.",
        unit=NUMBER, base="red", levels=(("green", 1),), values={0: "no", 1: "yes"},
        runbooks=("LimitsNotShared",),
        asks=(Ask(f"1 - {level(M.limiter_degraded, how='max')}", "shared"),),
    ),
    Panel(
        title="Event streams",
        description="Open ones, by API process.",
        unit=NUMBER, is_stacked=True,
        asks=(Ask(level(M.sse_clients, "instance"), "{{instance}}"),),
    ),
    Panel(
        title="Events sent to streams",
        description="By what they tell.",
        unit=PER_SECOND, is_stacked=True,
        asks=(Ask(per_second(M.sse_frames, "event"), "{{event}}"),),
    ),
    Panel(
        title="Why streams ended",
        description="gone: the client went; slow: its mailbox was full; stalled: it took nothing.",
        unit=PER_SECOND, runbooks=("StreamsCutOff",),
        asks=(Ask(per_second(M.sse_ended, "why"), "{{why}}"),),
    ),
    Panel(
        title="The fullest mailbox of a stream",
        description="At 1 its stream is ended: the client is too slow.",
        unit=SHARE, levels=(("yellow", 0.5),), runbooks=("StreamsCutOff",),
        asks=(Ask(level(M.sse_mailbox_ratio, "instance", how="max"), "{{instance}}"),),
    ),
    Panel(
        title="The live tail reads",
        description="0: results come to those who wait late, and streams show nothing new.",
        unit=NUMBER, base="red", levels=(("green", 1),), values={0: "no", 1: "yes"},
        runbooks=("TailDisconnected",),
        asks=(Ask(level(M.tail_connected, "instance", how="min"), "{{instance}}"),),
    ),
    Panel(
        title="Events that the tail has seen",
        description="By topic, of all API processes together: each sees all.",
        unit=PER_SECOND,
        asks=(Ask(per_second(M.tailed, _TOPIC), f"{{{{{_TOPIC}}}}}"),),
    ),
    Panel(
        title="Bytes of bodies",
        description="Of requests, as they came in, by route.",
        unit="Bps",
        asks=(Ask(amount_per_second(M.http_body_bytes, "http_route"), "{{http_route}}"),),
    ),
))  # fmt: skip

_SWEEPER: Final = Row("The sweeper", (
    Panel(
        title="Rounds",
        description="not_ours: another process had the turn; postponed: something was down.",
        unit=PER_SECOND, runbooks=("NobodySweeps",),
        asks=(Ask(per_second(M.sweeps, "outcome"), "{{outcome}}"),),
    ),
    Panel(
        title="What it did",
        description="Requests and cancels announced again, objects without a request, keys of "
        "idempotency and deliveries forgotten.",
        unit=PER_SECOND, runbooks=("AnnouncementsFail",),
        asks=(Ask(per_second(M.swept, "what"), "{{what}}"),),
    ),
    Panel(
        title="Accepted and not announced at once",
        description="Left to the sweeper: late, not lost.",
        unit=PER_SECOND, runbooks=("AnnouncementsFail",),
        asks=(Ask(per_second(M.announce_failures), "not announced"),),
    ),
))  # fmt: skip

PIPELINE: Final = Dashboard(
    uid="analyzer-pipeline",
    title="Image Analyzer: pipeline",
    description="What happens to a picture on its way, stage by stage.",
    rows=(_WHOLE, FETCH, SCAN, DETECT, RECORD, DELIVER, _CLIENTS, _SWEEPER),
)
