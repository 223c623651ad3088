"""The stages of the pipeline: of each its rate, errors and durations, and what is its own."""

from typing import Final

from telemetry.dashboards.panels import NUMBER, PER_SECOND, SECONDS, SHARE, Ask, Panel, Row
from telemetry.dashboards.promql import level, per_second, quantile
from telemetry.metric_kinds import Histogram
from telemetry.metric_names import MetricNames as M

_TOPIC: Final = "messaging_destination_name"
_PARTS: Final = (0.5, 0.95, 0.99)


def _durations(histogram: Histogram, where: str = "") -> tuple[Ask, ...]:
    return tuple(
        Ask(quantile(part, histogram, where=where), f"p{part * 100:g}",
            has_exemplars=histogram.has_exemplars and part == 0.99)
        for part in _PARTS
    )  # fmt: skip


def _messages(stage: str, topics: str) -> tuple[Panel, ...]:
    """What all stages have that take messages."""
    where = f'{_TOPIC}=~"{topics}"'
    return (
        Panel(
            title=f"{stage}: messages",
            description="By lane, and by what became of them.",
            unit=PER_SECOND, is_stacked=True, width=6,
            asks=(Ask(per_second(M.process_seconds, _TOPIC, "outcome", where=where),
                      f"{{{{{_TOPIC}}}}} {{{{outcome}}}}"),),
        ),
        Panel(
            title=f"{stage}: errors",
            description="Tries that a transient error ended, and messages that were set aside.",
            unit=PER_SECOND, width=6, runbooks=("ManyRetries", "DeadLetters"),
            asks=(
                Ask(per_second(M.attempts_failed, _TOPIC, where=where),
                    f"{{{{{_TOPIC}}}}}: tried in vain"),
                Ask(per_second(M.dead_letters, _TOPIC, "reason", where=where),
                    f"{{{{{_TOPIC}}}}}: {{{{reason}}}}"),
            ),
        ),
        Panel(
            title=f"{stage}: duration",
            description="From taking a message to its outcome, holds and waits included. A point "
            "of an exemplar leads to its trace.",
            unit=SECONDS, width=6, asks=_durations(M.process_seconds, where),
        ),
        Panel(
            title=f"{stage}: lag",
            description="Records that its groups have not finished, those of the retry topic too.",
            unit=NUMBER, width=6, runbooks=("ConsumerLagGrows", "ProcessorTakesNothing"),
            asks=(Ask(level(M.lag, _TOPIC, how="max", where=f'{_TOPIC}=~"({topics})(-retry)?"'),
                      f"{{{{{_TOPIC}}}}}"),),
        ),
    )  # fmt: skip


FETCH: Final = Row("Fetch: pictures that are named by an address", (
    *_messages("Fetch", "image-requested(-bulk)?"),
    Panel(
        title="Downloads by answer",
        description="Of the servers that addresses lead to; an empty status: there was none, and "
        "the error says why.",
        unit=PER_SECOND, width=12, is_stacked=True,
        asks=(Ask(per_second(M.fetch_seconds, "http_response_status_code", "error_type",
                             where='purpose="fetch"'),
                  "{{http_response_status_code}} {{error_type}}"),),
    ),
    Panel(
        title="Duration of downloads",
        description="Redirects included.",
        unit=SECONDS, width=12, asks=_durations(M.fetch_seconds, 'purpose="fetch"'),
    ),
))  # fmt: skip

SCAN: Final = Row("Scan: malware", (
    Panel(
        title="Scans",
        description="What the scanner said: clean, found, refused (too many bytes), failed, "
        "unavailable; skipped and off: nobody asked it.",
        unit=PER_SECOND, width=12, is_stacked=True, runbooks=("ScannerUnavailable",),
        asks=(Ask(per_second(M.scans, "outcome"), "{{outcome}}"),),
    ),
    Panel(
        title="Duration of scans",
        description="A picture's way through the scanner; empty where there is none.",
        unit=SECONDS, width=12, runbooks=("ScannerUnavailable",),
        asks=_durations(M.scan_seconds),
    ),
))  # fmt: skip

DETECT: Final = Row("Detect", (
    *_messages("Detect", "image-submitted(-bulk)?"),
    Panel(
        title="Duration of the model",
        description="Decode, inference and selection of one picture, by model.",
        unit=SECONDS,
        asks=tuple(
            Ask(quantile(part, M.inference_seconds, "model"), f"{{{{model}}}} p{part * 100:g}",
                has_exemplars=part == 0.99)
            for part in _PARTS
        ),
    ),
    Panel(
        title="Wait for a child, p95",
        description="How long a picture waited for a child process, by lane.",
        unit=SECONDS, runbooks=("DetectorsSaturated",),
        asks=(Ask(quantile(0.95, M.detect_wait_seconds, "lane"), "{{lane}}"),),
    ),
    Panel(
        title="Children",
        description="Child processes that infer, those that have a picture, and pictures that wait "
        "for one.",
        unit=NUMBER, runbooks=("DetectorsSaturated",),
        asks=(
            Ask(level(M.detector_children), "children"),
            Ask(level(M.detector_busy), "busy"),
            Ask(level(M.detector_waiting, "lane"), "waiting, {{lane}}"),
        ),
    ),
    Panel(
        title="How busy the children are",
        description="The share that has a picture. Near 1 and with pictures that wait: more "
        "detectors are needed.",
        unit=SHARE, levels=(("yellow", 0.9),), runbooks=("DetectorsSaturated",),
        asks=(Ask(f"{level(M.detector_busy)} / ({level(M.detector_children)} > 0)", "busy"),),
    ),
    Panel(
        title="Pictures without an answer",
        description="Their child crashed, hung or could not start.",
        unit=PER_SECOND, runbooks=("DetectorChildrenDie",),
        asks=(Ask(per_second(M.detector_failures, "job", "instance"), "{{job}} {{instance}}"),),
    ),
    Panel(
        title="Objects by confidence",
        description="In results. A shift with a new model is a reason to look.",
        unit=PER_SECOND, is_stacked=True,
        asks=(Ask(per_second(M.detected_objects, "confidence"), "{{confidence}}"),),
    ),
    Panel(
        title="Objects by class",
        description="In results: the ten that are found most.",
        unit=PER_SECOND, width=24,
        asks=(Ask(f"topk(10, {per_second(M.detected_objects, 'class')})", "{{class}}"),),
    ),
))  # fmt: skip

RECORD: Final = Row(
    "Record: outcomes to PostgreSQL", _messages("Record", "image-analyzed|analysis-failed")
)

DELIVER: Final = Row("Deliver: webhooks", (
    Panel(
        title="Attempts to deliver",
        description="By what became of them; dead: given up.",
        unit=PER_SECOND, is_stacked=True, runbooks=("WebhooksGivenUp",),
        asks=(Ask(per_second(M.webhook_deliveries, "outcome"), "{{outcome}}"),),
    ),
    Panel(
        title="Duration of attempts",
        description="Of receivers' answers.",
        unit=SECONDS, asks=_durations(M.fetch_seconds, 'purpose="webhook"'),
    ),
    Panel(
        title="Oldest delivery that is due",
        description="0 when there is none.",
        unit=SECONDS, levels=(("red", 300),), runbooks=("WebhooksAge",),
        asks=(Ask(level(M.webhook_oldest_seconds, how="max"), "oldest"),),
    ),
))  # fmt: skip
