"""One caller asks everything that the document allows, and much that it does not."""

from collections.abc import Callable
from dataclasses import dataclass

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from tests.fuzz.api.effort import Effort
from tests.fuzz.api.tally import Finding, Tally

_LONGEST_MESSAGE = 2000


@dataclass(frozen=True, slots=True)
class Caller:
    """`credential` is the Authorization header; None for nobody."""

    name: str
    credential: str | None


def ask(
    caller: Caller,
    base_url: str,
    effort: Effort,
    tally: Tally,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Adds to the tally. What goes wrong in schemathesis itself is a finding like any other: it
    leaves something unasked."""
    config = SchemathesisConfig.from_dict(effort.configuration(base_url, caller.credential))
    schema = schemathesis.openapi.from_url(f"{base_url}/openapi.json", config=config)
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _count(caller, event.recorder, tally)
        elif isinstance(event, events.PhaseFinished):
            tell(f"{caller.name}: {event.phase.name.value} {event.status.value}")
        elif isinstance(event, events.NonFatalError):
            tally.note(_broken(caller, event.label, event.value))
        elif isinstance(event, events.FatalError):
            tally.note(_broken(caller, "schemathesis", event.exception))


def _count(caller: Caller, recorder: ScenarioRecorder, tally: Tally) -> None:
    for case_id, interaction in recorder.interactions.items():
        case = recorder.cases[case_id].value
        status = 0 if interaction.response is None else interaction.response.status_code
        tally.answers[caller.name, case.operation.label, status] += 1
    for case_id, nodes in recorder.checks.items():
        label = recorder.cases[case_id].value.operation.label
        for node in nodes:
            tally.checks[node.name] += 1
            if node.status is Status.SUCCESS:
                continue
            info = node.failure_info
            title = "the check itself broke" if info is None else info.failure.title
            said = "" if info is None else info.failure.message[:_LONGEST_MESSAGE]
            shown = "" if info is None else info.code_sample[:_LONGEST_MESSAGE]
            tally.note(Finding(caller.name, label, node.name, title, said, shown))


def _broken(caller: Caller, label: str, error: Exception) -> Finding:
    said = f"{error!r}"[:_LONGEST_MESSAGE]
    return Finding(caller.name, label, "schemathesis", type(error).__name__, said, "")
