"""`image-analyzer`: the commands by name. What a command needs is imported when it runs."""

import os
import sys

import typer

from cli import model_commands, setup_commands, submit_command, up_command
from cli.exit_codes import CommandError, ExitCode

app = typer.Typer(
    name="image-analyzer",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Pictures in by HTTP, URL or Kafka; detections out as JSON, SSE and Kafka events. "
    "Settings come from ANALYZER_* variables. Exit codes: 0 done, 1 failed, 2 configuration or "
    "arguments, 3 something needed is missing or does not answer.",
)
app.command("up")(up_command.up)
app.command("submit")(submit_command.submit)
app.command("migrate")(setup_commands.migrate)
app.add_typer(setup_commands.topics, name="topics")
app.add_typer(setup_commands.bucket, name="bucket")
app.add_typer(setup_commands.keys, name="keys")
app.add_typer(model_commands.models, name="models")
app.command("prepare-embedded", hidden=True)(up_command.prepare_embedded)
app.command("first-look", hidden=True)(up_command.first_look)


@app.command()
def api() -> None:
    """Run the HTTP API until SIGTERM or SIGINT."""
    from cli.processes import run_api  # noqa: PLC0415 - keeps --help fast

    run_api(os.environ)


@app.command()
def worker(names: list[str]) -> None:
    """Run processors until SIGTERM or SIGINT: detect, detect-bulk, fetch, fetch-bulk, record,
    retry, sweep; any number of them in one process."""
    from cli.processes import run_worker  # noqa: PLC0415 - keeps --help fast

    raise SystemExit(run_worker(names, os.environ))


def run() -> None:
    """The console entry: an error that somebody can act on is its text and an exit code."""
    try:
        app(prog_name="image-analyzer")
    except CommandError as error:
        for line in str(error).splitlines():
            print(f"image-analyzer: {line}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(ExitCode.FAILED) from None


if __name__ == "__main__":
    run()
