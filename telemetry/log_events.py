"""Every event of the log by name. docs/logs.md is written from it."""

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A fact; `meaning` says what happened and, where it is not plain, what it asks for."""

    name: str
    level: Level
    meaning: str


_WORK: Final = (
    LogEvent("http_answered", "info", "A request was answered; 499: the client went away before."),
    LogEvent("request_cut_off", "info", "A connection was ended before its request was whole."),
    LogEvent("request_broke", "error", "A fault of ours; the client got 500. Has a traceback."),
    LogEvent("request_admitted", "info", "A record of an inbox is accepted and announced."),
    LogEvent("announce_failed", "warning", "Accepted; the sweeper will announce it."),
    LogEvent("cancel_not_announced", "warning", "On record; the sweeper will announce it."),
    LogEvent("image_fetched", "info", "The picture at an address is stored."),
    LogEvent("fetch_failed", "warning", "An address did not give its picture this time."),
    LogEvent("image_analyzed", "info", "The result is in the log."),
    LogEvent("analysis_failed", "info", "The failure is in the log; `code` is what clients get."),
    LogEvent("malware_found", "warning", "The scanner knows it; what became of it is in `then`."),
    LogEvent("scan_skipped", "warning", "Analyzed unscanned, as the settings say."),
    LogEvent("webhook_attempted", "info", "A delivery was tried; its answer is in the line."),
    LogEvent("stream_stalled", "warning", "A client took nothing of its events and was cut off."),
    LogEvent("audit", "info", "An audited event, as it goes to the table."),
    LogEvent("audit_event_not_written", "error", "It is nowhere else: keep this line."),
)
_MESSAGES: Final = (
    LogEvent("attempt_failed", "warning", "A transient error; the message is tried again."),
    LogEvent("retried", "info", "A message went back from its retry topic."),
    LogEvent("retry_refused", "warning", "The retry topic does not take it; a dead letter."),
    LogEvent("dead_lettered", "warning", "Set aside; `image-analyzer dlq show` tells the rest."),
    LogEvent("dead_letter_not_written", "error", "Held until it can be; nothing is dropped."),
    LogEvent("unexpected_error", "error", "A fault of ours with one message. Has a traceback."),
    LogEvent("dead_letter_limit_reached", "error", "Too many faults of ours: nothing more is set "
             "aside until one goes through. Look at the deployment."),
    LogEvent("still_failing", "warning", "Tried again at that limit, in vain."),
    LogEvent("outcome_unreadable", "warning", "A record of a result topic breaks the contract."),
    LogEvent("cancel_unreadable", "warning", "A record of cancel-requested breaks the contract."),
    LogEvent("announced_again", "info", "The sweeper announced requests that were not."),
    LogEvent("cancels_announced_again", "info", "The same for cancellations."),
    LogEvent("sweep_postponed", "warning", "Something that the sweeper needs is down."),
    LogEvent("object_reaped", "info", "An object that no request has any more is deleted."),
    LogEvent("retries_postponed", "warning", "The broker is away; retry topics are read later."),
    LogEvent("retries_failed", "error", "A fault of ours in the retry loop; it begins again."),
    LogEvent("deliveries_postponed", "warning", "Something that delivering needs is down."),
    LogEvent("delivery_not_noted", "warning", "Sent, and not on record: it is sent again."),
    LogEvent("delivery_unreadable", "warning", "The outcome is of a newer program; told later."),
    LogEvent("delivery_unanswered", "info", "The receiver gave no answer; `reason` says why."),
    LogEvent("delivery_failed_unexpectedly", "error", "A fault of ours with one delivery."),
)  # fmt: skip
_DEPENDENCIES: Final = (
    LogEvent("dependency_down", "warning", "A check failed; `meaning` says what is promised now."),
    LogEvent("dependency_up_again", "info", "It serves again."),
    LogEvent("down_at_start", "warning", "The process starts without it, and holds its work."),
    LogEvent("holding", "warning", "Work waits for a dependency; none of it fails."),
    LogEvent("held_no_longer", "info", "That work goes on."),
    LogEvent("breaker_opened", "warning", "It is left alone for a while."),
    LogEvent("breaker_closed", "info", "It is asked as before."),
    LogEvent("broker_silent", "warning", "The broker does not say who is in the group."),
    LogEvent("broker_unreachable", "warning", "No connection to send by; tried every second."),
    LogEvent("tail_connected", "info", "Results come in from here on."),
    LogEvent("tail_disconnected", "warning", "Results come late until it is connected again."),
    LogEvent("tail_failed", "error", "A fault of ours in the tail; it connects again."),
    LogEvent("limiter_degraded", "warning", "Without Redis each process limits by itself."),
    LogEvent("limiter_shared_again", "info", "Limits hold for all processes together again."),
    LogEvent("issuer_keys_not_fetched", "warning", "Tokens of that issuer are refused for now."),
    LogEvent("commit_of_another_log", "warning", "Kept from a log that is not the one it is of."),
    LogEvent("log_not_identified", "warning", "It is not known which log this is; tried again."),
    LogEvent("commit_given_up", "warning", "Messages of those offsets are worked once more."),
    LogEvent("client_not_closed", "warning", "A Kafka client hung at its end and was left."),
)  # fmt: skip
_PROCESS: Final = (
    LogEvent("start_refused", "error", "The configuration is wrong; the line says what to do."),
    LogEvent("worker_started", "info", "It has what it needs, and takes work."),
    LogEvent("health_listening", "info", "Where the worker answers probes and scrapers."),
    LogEvent("metrics_not_told", "error", "ANALYZER_METRICS__PORT cannot be had; it ends."),
    LogEvent("metrics_listening", "info", "Where the API answers scrapers."),
    LogEvent("worker_ill", "warning", "Out of its group, or topics are missing; it ends soon."),
    LogEvent("stop_hung", "error", "It was told to stop, did not, and ends now."),
    LogEvent("scanner_off", "warning", "Pictures are analyzed without a scan for malware."),
    LogEvent("webhooks_off", "warning", "There is no secret to sign by; deliveries wait."),
    LogEvent("any_host_is_answered", "warning", "No list of host names is set."),
    LogEvent("event_ids_end_with_the_process", "warning", "Set ANALYZER_API__SECRET."),
    LogEvent("connections_refused", "warning", "As many are open as may be."),
    LogEvent("detector_started", "info", "The children have loaded the preferred model."),
    LogEvent("detector_start_failed", "error", "A set of children did not start."),
    LogEvent("detector_children_abandoned", "warning", "Their items are tried by a new set."),
    LogEvent("detector_children_refreshed", "info", "They had grown; a new set takes over."),
    LogEvent("detector_child_unconfined", "warning", "The kernel does not filter its calls."),
    LogEvent("model_downloaded", "info", "A model file came, and is the one of the catalog."),
    LogEvent("model_download_failed", "warning", "The bundled model, or an earlier one, serves."),
    LogEvent("model_download_note_not_written", "debug", "It is tried at the next start."),
    LogEvent("log_lines_dropped", "warning", "`count` lines are missing before this one."),
)

LOG_EVENTS: Final = (*_WORK, *_MESSAGES, *_DEPENDENCIES, *_PROCESS)
