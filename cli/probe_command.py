"""`image-analyzer probe`: a known picture through every door."""

from pathlib import Path

import click

from cli.command_style import Command
from cli.exit_codes import ConfigurationError

_MOST_PORTS = 65_535


@click.command("probe", cls=Command)
@click.option(
    "--url", metavar="<str>", envvar="IMAGE_ANALYZER_URL", show_envvar=True, required=True,
    help="Where the API is.",
)  # fmt: skip
@click.option(
    "--key-file", metavar="<path>", type=Path, envvar="IMAGE_ANALYZER_KEY_FILE", show_envvar=True,
    help="A file with the API key; without one IMAGE_ANALYZER_KEY has it.",
)  # fmt: skip
@click.option(
    "--picture-url", metavar="<str>",
    help="Opens the door `url`: where the service can fetch the known picture.",
)  # fmt: skip
@click.option(
    "--inbox-tenant", metavar="<str>",
    help="Opens the door `inbox`: the tenant of the key. ANALYZER_KAFKA__* and ANALYZER_BUCKET__* "
    "are those of a producer.",
)  # fmt: skip
@click.option(
    "--expect", metavar="<str>", default="cup", show_default=True,
    help="What must be found, with commas between; more may be.",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_s", metavar="<float>", type=click.FloatRange(0.1, 3600), default=30.0,
    show_default=True, help="Seconds that each door has, with reading back.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document a round.")
@click.option(
    "--metrics-file", metavar="<path>", type=Path,
    help="Write the metrics there, for the textfile collector; the name ends in .prom.",
)  # fmt: skip
@click.option(
    "--push", metavar="<str>", help="Send the metrics to the Pushgateway at this address."
)
@click.option(
    "--serve", metavar="<str>",
    help="[HOST:]PORT to tell the metrics at; stays, and probes again and again.",
)  # fmt: skip
@click.option(
    "--every", "every_s", metavar="<float>", type=click.FloatRange(1, 86_400), default=None,
    help="With --serve: seconds from the beginning of one round to that of the next.  "
    "[default: 60]",
)  # fmt: skip
def probe(  # noqa: PLR0913 - one parameter for each option
    *,
    url: str,
    key_file: Path | None,
    picture_url: str | None,
    inbox_tenant: str | None,
    expect: str,
    timeout_s: float,
    as_json: bool,
    metrics_file: Path | None,
    push: str | None,
    serve: str | None,
    every_s: float | None,
) -> None:
    """Send a known picture through every door and see whether what is in it comes out again. Exit
    codes: 0 every door is right; 1 one is wrong or late; 2 arguments; 3 nothing could be reached,
    or all is right and the metrics could not be told."""
    from cli.probe.plan import check_address, make_plan  # noqa: PLC0415 - keeps --help fast
    from cli.probe.run import (  # noqa: PLC0415 - as above
        Telling,
        probe_once,
        probe_until_told_to_stop,
    )
    from telemetry.logs import configure_command_logs  # noqa: PLC0415 - as above

    place = _place(serve, every_s)
    if metrics_file is not None and not metrics_file.parent.is_dir():
        raise ConfigurationError(f"--metrics-file: there is no folder {metrics_file.parent}")
    check_address("--push", push)
    plan = make_plan(
        url=url, key_file=key_file, picture_url=picture_url, inbox_tenant=inbox_tenant,
        expect=expect, timeout_s=timeout_s,
    )  # fmt: skip
    configure_command_logs()
    telling = Telling(as_json, metrics_file, push)
    if place is None:
        raise SystemExit(probe_once(plan, telling))
    host, port = place
    probe_until_told_to_stop(plan, telling, host=host, port=port, every_s=every_s or 60)


def _place(serve: str | None, every_s: float | None) -> tuple[str, int] | None:
    if serve is None:
        if every_s is not None:
            raise ConfigurationError("--every: goes with --serve")
        return None
    host, _, port = serve.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) <= _MOST_PORTS):
        raise ConfigurationError(f"--serve {serve}: must be a port, or host:port")
    return host.strip("[]") or "127.0.0.1", int(port)
