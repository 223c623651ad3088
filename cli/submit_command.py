"""`image-analyzer submit`: one picture to an API, the detections to the terminal."""

from pathlib import Path

import click

from cli.command_style import Argument, Command


@click.command("submit", cls=Command)
@click.argument("picture", cls=Argument, shape="<str>", explained="A file, or an http(s) address.")
@click.option(
    "--url",
    "base_url",
    metavar="<str>",
    envvar="IMAGE_ANALYZER_URL",
    show_envvar=True,
    help="Where the API is.",
)
@click.option(
    "--key",
    metavar="<str>",
    envvar="IMAGE_ANALYZER_KEY",
    show_envvar=True,
    help="API key; default: that of `up`. Given here, the list of processes shows it.",
)
@click.option(
    "--option",
    "-o",
    metavar="<list[str]>",
    multiple=True,
    help="NAME=VALUE of an analysis option; repeatable.",
)
@click.option(
    "--wait",
    metavar="<int range>",
    type=click.IntRange(1, 3600),
    default=60,
    show_default=True,
    help="Seconds to wait.",
)
@click.option("--data", metavar="<path>", type=Path, help="Data folder of the `up` to ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the result document.")
def submit(
    *,
    picture: str,
    base_url: str | None,
    key: str | None,
    option: tuple[str, ...],
    wait: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """Send a picture and print what is in it. Without --url it asks the instance that `up` runs."""
    from cli.analysis_options import to_pairs  # noqa: PLC0415 - keeps --help fast
    from cli.api_client import ApiClient  # noqa: PLC0415 - as above
    from cli.detections_table import detections_table  # noqa: PLC0415 - as above

    client = ApiClient(*_address(base_url, key, data))
    options = to_pairs(option)
    if picture.startswith(("http://", "https://")):
        result = client.analyze_url(picture, options, wait_s=wait)
    else:
        result = client.analyze_file(Path(picture), options, wait_s=wait)
    print(result.to_json().decode() if as_json else detections_table(result))


def _address(base_url: str | None, key: str | None, data: Path | None) -> tuple[str, str]:
    from cli.data_folder import DataFolder, default_data_folder  # noqa: PLC0415 - keeps --help fast
    from cli.embedded.connection import read_connection  # noqa: PLC0415 - as above
    from cli.exit_codes import ConfigurationError  # noqa: PLC0415 - as above

    if base_url is not None:
        if key is None:
            raise ConfigurationError("--key: is needed with --url; or set IMAGE_ANALYZER_KEY")
        return base_url, key
    folder = default_data_folder() if data is None else DataFolder(data)
    connection = read_connection(folder.connection)
    if connection is None:
        raise ConfigurationError(f"nothing runs on {folder.root}; start `up`, or give --url")
    return connection.base_url, key or connection.api_key
