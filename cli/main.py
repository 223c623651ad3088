"""`image-analyzer`: the commands by name. What a command needs is imported when it runs."""

import os
import sys

import click

from cli import (
    analyses_commands,
    audit_commands,
    check_command,
    dlq_commands,
    health_command,
    key_commands,
    model_commands,
    probe_command,
    produce_command,
    rebuild_command,
    setup_commands,
    size_command,
    submit_command,
    tenant_commands,
    up_command,
    user_commands,
    webhook_commands,
)
from cli.command_style import Argument, CommandGroup
from cli.exit_codes import CommandError
from cli.version_option import version_option

app = CommandGroup(
    "image-analyzer",
    help="Pictures in by HTTP, URL or Kafka; detections out as JSON, SSE and Kafka events. "
    "Settings come from ANALYZER_* variables. Exit codes: 0 done, 1 failed, 2 configuration or "
    "arguments, 3 something needed is missing or does not answer.",
    params=[version_option()],
)
app.add_command(up_command.up)
app.add_command(submit_command.submit)
app.add_command(produce_command.produce)
app.add_command(probe_command.probe)
app.add_command(setup_commands.migrate)


@app.command("api")
def api() -> None:
    """Run the HTTP API until SIGTERM or SIGINT."""
    from cli.processes import run_api  # noqa: PLC0415 - keeps --help fast

    run_api(os.environ)


@app.command("worker")
@click.argument("names", cls=Argument, shape="<list[str]>", nargs=-1, required=True)
def worker(names: tuple[str, ...]) -> None:
    """Run processors until SIGTERM or SIGINT: admit, deliver, detect, detect-bulk, fetch,
    fetch-bulk, record, retry, sweep; any number of them in one process."""
    from cli.processes import run_worker  # noqa: PLC0415 - keeps --help fast

    raise SystemExit(run_worker(names, os.environ))


app.add_command(check_command.check)
app.add_command(rebuild_command.rebuild)
app.add_command(setup_commands.topics)
app.add_command(setup_commands.bucket)
app.add_command(key_commands.keys)
app.add_command(user_commands.users)
app.add_command(dlq_commands.dlq)
app.add_command(analyses_commands.analyses)
app.add_command(webhook_commands.webhooks)
app.add_command(tenant_commands.tenants)
app.add_command(audit_commands.audit)
app.add_command(model_commands.models)
app.add_command(health_command.health)
app.add_command(size_command.size)
app.add_command(up_command.prepare_embedded)
app.add_command(up_command.first_look)


def run() -> None:
    """The console entry: an error that somebody can act on is its text and an exit code."""
    try:
        app(prog_name="image-analyzer")
    except CommandError as error:
        for line in str(error).splitlines():
            print(f"image-analyzer: {line}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    run()
