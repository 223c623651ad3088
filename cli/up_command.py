"""`image-analyzer up` and the two short processes it starts for itself."""

import os
from pathlib import Path

import click

from cli.command_style import Argument, Command


@click.command("up")
@click.option(
    "--data",
    metavar="<path>",
    type=Path,
    help="Folder that keeps everything between runs. Default: var/data of a checkout, else "
    "~/.local/share/ai-image-analyzer.",
)
@click.option(
    "--port",
    metavar="<int range>",
    type=click.IntRange(1, 65535),
    default=8080,
    show_default=True,
    help="Port of the API.",
)
@click.option("--model", metavar="<str>", help="Model to prefer; see `models list`.")
@click.option("--once", is_flag=True, help="Stop after the sample photographs; 0 when all worked.")
def up(*, data: Path | None, port: int, model: str | None, once: bool) -> None:
    """Start everything on this machine: no Docker, no servers to install."""
    from cli.data_folder import DataFolder, default_data_folder  # noqa: PLC0415 - keeps --help fast
    from cli.embedded.up import UpOptions, run_up  # noqa: PLC0415 - as above

    folder = default_data_folder() if data is None else DataFolder(data.absolute())
    raise SystemExit(run_up(UpOptions(folder, port, model, once)))


@click.command("prepare-embedded", hidden=True)
@click.option("--key-file", metavar="<path>", type=Path)
def prepare_embedded(key_file: Path | None) -> None:
    """Topics, tables and the demo key of an embedded instance."""
    from cli.embedded.prepare import prepare  # noqa: PLC0415 - keeps --help fast
    from cli.settings import load_settings  # noqa: PLC0415 - as above

    prepare(load_settings(os.environ), key_file)


@click.command("first-look", cls=Command, hidden=True)
@click.argument("data", cls=Argument, shape="<path>", type=Path)
@click.argument("samples", cls=Argument, shape="<path>", type=Path)
def first_look(data: Path, samples: Path) -> None:
    """Analyses the sample photographs and draws what was found."""
    from cli.data_folder import DataFolder  # noqa: PLC0415 - keeps --help fast
    from cli.embedded.first_look import look_at_samples  # noqa: PLC0415 - as above

    raise SystemExit(look_at_samples(DataFolder(data), samples))
