"""What was set aside, why, and what was done about it."""

from typing import Final

from telemetry.dashboards.panels import NUMBER, PER_SECOND, Ask, Dashboard, Panel, Row, Sql
from telemetry.dashboards.promql import in_range, level, per_second
from telemetry.metric_names import MetricNames as M

_TOPIC: Final = "messaging_destination_name"
_NAME: Final = f"{{{{{_TOPIC}}}}}"

_SET_ASIDE: Final = Row("Set aside", (
    Panel(
        title="Dead letters",
        description="Within the time that is shown. Each is also the failure of a request, but for "
        "those of inboxes.",
        unit=NUMBER, kind="stat", width=4, height=6, levels=(("red", 1),),
        runbooks=("DeadLetters",),
        asks=(Ask(f"{in_range(M.dead_letters)} or vector(0)", "dead letters", at_end=True),),
    ),
    Panel(
        title="Refused from inboxes",
        description="Records of outside producers, within the time that is shown.",
        unit=NUMBER, kind="stat", width=4, height=6, levels=(("yellow", 1),),
        runbooks=("InboxRefuses",),
        asks=(Ask(f"{in_range(M.inbox_refused)} or vector(0)", "refused", at_end=True),),
    ),
    Panel(
        title="Topics that the limit stops",
        description="Messages that wait because too many failed by a fault of ours: a bad release "
        "does this, and the limit keeps it from emptying the topic.",
        unit=NUMBER, width=16, height=6, levels=(("red", 1),),
        runbooks=("DeadLetterLimitReached",),
        asks=(Ask(level(M.stopped_by_limit, _TOPIC), _NAME),),
    ),
    Panel(
        title="Dead letters by topic and reason",
        description="A second.",
        unit=PER_SECOND, width=12, is_stacked=True, runbooks=("DeadLetters",),
        asks=(Ask(per_second(M.dead_letters, _TOPIC, "reason"), f"{_NAME}: {{{{reason}}}}"),),
    ),
    Panel(
        title="How many, by topic and reason",
        description="Within the time that is shown. To see them: "
        "`image-analyzer dlq list`, `dlq show`.",
        unit=NUMBER, kind="table", width=12, runbooks=("DeadLetters",),
        asks=(Ask(in_range(M.dead_letters, _TOPIC, "reason"), at_end=True),),
    ),
))  # fmt: skip

_BEFORE: Final = Row("Before it comes to that", (
    Panel(
        title="Tries that failed, by topic",
        description="By a transient error. Those that are used up become dead letters.",
        unit=PER_SECOND, runbooks=("ManyRetries",),
        asks=(Ask(per_second(M.attempts_failed, _TOPIC), _NAME),),
    ),
    Panel(
        title="Messages that did not get done",
        description="retried: later; exhausted, invalid, unexpected: dead letters.",
        unit=PER_SECOND, runbooks=("ManyRetries", "DeadLetters"),
        asks=(Ask(per_second(M.process_seconds, _TOPIC, "outcome", where='outcome!="done"'),
                  f"{_NAME}: {{{{outcome}}}}"),),
    ),
    Panel(
        title="Waiting in retry topics",
        description="Records that wait for their next try.",
        unit=NUMBER,
        asks=(Ask(level(M.lag, _TOPIC, how="max", where=f'{_TOPIC}=~".+-retry"'), _NAME),),
    ),
    Panel(
        title="Failures by code",
        description="Outcomes on record, within the time that is shown, repeats included.",
        unit=NUMBER, kind="table", width=12, runbooks=("DeadLetters",),
        asks=(Ask(in_range(M.outcomes, "code", where='code!="completed"'), at_end=True),),
    ),
    Panel(
        title="Inbox refusals by producer and reason",
        description="Within the time that is shown. The producer does not see them by itself.",
        unit=NUMBER, kind="table", width=12, runbooks=("InboxRefuses",),
        asks=(Ask(in_range(M.inbox_refused, "principal", "reason"), at_end=True),),
    ),
))  # fmt: skip

_HANDLED: Final = Row("What was done about them", (
    Panel(
        title="Replayed and discarded, by topic",
        description="By the operator, with `image-analyzer dlq`, within the time that is shown.",
        unit=NUMBER, kind="table", width=12,
        asks=(Sql(
            "SELECT topic, action, count(*) AS letters, max(handled_at) AS latest"
            " FROM handled_letters WHERE $__timeFilter(handled_at)"
            " GROUP BY topic, action ORDER BY topic, action"
        ),),
    ),
    Panel(
        title="What became of replays",
        description="A replay is a request of its own, which names the one before it.",
        unit=NUMBER, kind="table", width=12,
        asks=(Sql(
            "SELECT replay_number, state, count(*) AS requests FROM analyses"
            " WHERE replay_of IS NOT NULL AND $__timeFilter(accepted_at)"
            " GROUP BY replay_number, state ORDER BY replay_number, state"
        ),),
    ),
))  # fmt: skip

DEAD_LETTERS: Final = Dashboard(
    uid="analyzer-dead-letters",
    title="Image Analyzer: dead letters",
    description="What was set aside, why, and what was done about it.",
    rows=(_SET_ASIDE, _BEFORE, _HANDLED),
    variables=("prometheus", "postgres", "job", "docs"),
    since="now-24h",
)
