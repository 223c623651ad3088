"""`image-analyzer up` and the two short processes it starts for itself."""

import os
from pathlib import Path
from typing import Annotated

import typer

_DATA = typer.Option(
    help="Folder that keeps everything between runs. Default: var/data of a checkout, else "
    "~/.local/share/ai-image-analyzer."
)


def up(
    data: Annotated[Path | None, _DATA] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the API.")] = 8080,
    model: Annotated[str | None, typer.Option(help="Model to prefer; see `models list`.")] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Stop after the sample photographs; 0 when all worked.")
    ] = False,
) -> None:
    """Start everything on this machine: no Docker, no servers to install."""
    from cli.data_folder import DataFolder, default_data_folder  # noqa: PLC0415 - keeps --help fast
    from cli.embedded.up import UpOptions, run_up  # noqa: PLC0415 - as above

    folder = default_data_folder() if data is None else DataFolder(data.absolute())
    raise SystemExit(run_up(UpOptions(folder, port, model, once)))


def prepare_embedded(key_file: Path | None = None) -> None:
    """Topics, tables and the demo key of an embedded instance."""
    from cli.embedded.prepare import prepare  # noqa: PLC0415 - keeps --help fast
    from cli.settings import load_settings  # noqa: PLC0415 - as above

    prepare(load_settings(os.environ), key_file)


def first_look(data: Path, samples: Path) -> None:
    """Analyses the sample photographs and draws what was found."""
    from cli.data_folder import DataFolder  # noqa: PLC0415 - keeps --help fast
    from cli.embedded.first_look import look_at_samples  # noqa: PLC0415 - as above

    raise SystemExit(look_at_samples(DataFolder(data), samples))
