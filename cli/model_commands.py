"""`image-analyzer models`: which there are, which are installed, and fetching one."""

import os

import click

from cli.command_style import Argument, CommandGroup
from cli.exit_codes import ConfigurationError, DependencyError

models = CommandGroup("models", help="Detection models.")


@models.command("list")
def list_models() -> None:
    """Every model of the catalog, best first, and where its file lies."""
    from cli.settings import load_settings  # noqa: PLC0415 - keeps --help fast
    from processors.detectors.catalog import read_catalog  # noqa: PLC0415 - as above
    from processors.detectors.files import (  # noqa: PLC0415 - as above
        ModelFileError,
        ModelFolders,
        find_model,
    )

    folders = ModelFolders.of(load_settings(os.environ, uses=()).models_dir, os.environ)
    for entry in read_catalog():
        try:
            found = find_model(entry, folders)
        except ModelFileError as error:
            raise DependencyError(str(error)) from error
        place = "not installed" if found is None else str(found.path)
        print(f"{entry.name}  {entry.version}  {entry.licence}  {place}")


@models.command("fetch")
@click.argument(
    "name",
    cls=Argument,
    shape="<str>",
    explained="A name of `models list`.",
    default="yolox-nano",
)
def fetch_model(name: str) -> None:
    """Download a model into the cache, checked against the catalog; a repeat costs nothing."""
    from processors.detectors import download  # noqa: PLC0415 - keeps --help fast
    from processors.detectors.catalog import read_catalog  # noqa: PLC0415 - as above
    from processors.detectors.files import ModelFolders, find_model  # noqa: PLC0415 - as above

    entries = {entry.name: entry for entry in read_catalog()}
    if name not in entries:
        raise ConfigurationError(f"{name}: no such model; there are {', '.join(entries)}")
    folders = ModelFolders.of(None, os.environ)
    entry = entries[name]
    installed = find_model(entry, folders) or download.fetch_model(entry, folders.cache)
    if installed is None:
        raise DependencyError(
            f"{name} could not be downloaded; try again within reach of {entry.source}, or put "
            f"{entry.file} into the folder that ANALYZER_MODELS_DIR names"
        )
    print(installed.path)
