"""Probing once, or again and again while Prometheus asks what came of it."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.exit_codes import CommandError, DependencyError, ExitCode
from cli.probe import export
from cli.probe.api import ProbeApi
from cli.probe.finding import Finding
from cli.probe.plan import Plan
from cli.probe.report import code_of, json_of, text_of
from cli.probe.round import knock_at_each
from telemetry.metrics import Metrics
from telemetry.metrics_port import metrics_page
from telemetry.plain_http import NOT_FOUND, PlainServer


@dataclass(frozen=True, slots=True)
class Telling:
    """Where a round is told beside standard output."""

    as_json: bool
    file: Path | None
    gateway: str | None

    def tell(self, findings: list[Finding], metrics: Metrics) -> str | None:
        """What could not be told, in words."""
        print((json_of if self.as_json else text_of)(findings), flush=True)
        export.note(metrics, findings)
        try:
            if self.file is not None:
                export.write(metrics, self.file)
            if self.gateway is not None:
                export.push(metrics, self.gateway)
        except OSError as error:
            return f"the metrics were not told: {error}"
        return None


def probe_once(plan: Plan, telling: Telling) -> ExitCode:
    """Raises DependencyError when all doors are right and that could not be told."""
    findings = asyncio.run(_round(plan))
    untold = telling.tell(findings, Metrics("probe"))
    code = code_of(findings)
    if untold is not None and code is ExitCode.DONE:
        raise DependencyError(untold)
    if untold is not None:
        print(untold, file=sys.stderr)
    return code


def probe_until_told_to_stop(
    plan: Plan, telling: Telling, *, host: str, port: int, every_s: float
) -> None:
    """SIGTERM and SIGINT end it, also within a round. Raises CommandError when the port cannot be
    had."""
    asyncio.run(_serve(plan, telling, host=host, port=port, every_s=every_s))


async def _serve(plan: Plan, telling: Telling, *, host: str, port: int, every_s: float) -> None:
    metrics = Metrics("probe")
    server = PlainServer(
        lambda path, headers: metrics_page(metrics, headers) if path == "/metrics" else NOT_FOUND,
        host=host, port=port,
    )  # fmt: skip
    try:
        await server.start()
    except OSError as error:
        raise CommandError(f"--serve: {host}:{port} cannot be had: {error.strerror}") from error
    print(f"metrics at http://{host}:{server.port}/metrics", file=sys.stderr, flush=True)
    rounds = asyncio.create_task(_again_and_again(plan, telling, metrics, every_s))
    _on_stop(rounds.cancel)
    try:
        await asyncio.wait({rounds})
        if not rounds.cancelled():
            rounds.result()
    finally:
        await server.aclose()


async def _again_and_again(plan: Plan, telling: Telling, metrics: Metrics, every_s: float) -> None:
    while True:
        began = time.monotonic()
        findings = await _round(plan)
        untold = await asyncio.to_thread(telling.tell, findings, metrics)
        if untold is not None:
            print(untold, file=sys.stderr, flush=True)
        await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began)))


async def _round(plan: Plan) -> list[Finding]:
    """On connections of its own: each round finds out whether there are any to be had."""
    async with ProbeApi(plan.base_url, plan.api_key) as api:
        doors = plan.doors(api)
        return await knock_at_each(doors, plan.picture, api, timeout_s=plan.timeout_s)


def _on_stop(act: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, act)
