"""`image-analyzer submit`: one picture to an API, the detections to the terminal."""

from pathlib import Path
from typing import Annotated

import typer

_OPTION = typer.Option("--option", "-o", help="NAME=VALUE of an analysis option; repeatable.")
_KEY = typer.Option(envvar="IMAGE_ANALYZER_KEY", help="API key; default: that of `up`.")


def submit(
    picture: Annotated[str, typer.Argument(help="A file, or an http(s) address.")],
    base_url: Annotated[
        str | None, typer.Option("--url", envvar="IMAGE_ANALYZER_URL", help="Where the API is.")
    ] = None,
    key: Annotated[str | None, _KEY] = None,
    option: Annotated[list[str] | None, _OPTION] = None,
    wait: Annotated[int, typer.Option(min=1, max=3600, help="Seconds to wait.")] = 60,
    data: Annotated[Path | None, typer.Option(help="Data folder of the `up` to ask.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result document.")] = False,
) -> None:
    """Send a picture and print what is in it. Without --url it asks the instance that `up` runs."""
    from cli.api_client import ApiClient  # noqa: PLC0415 - keeps --help fast
    from cli.detections_table import detections_table  # noqa: PLC0415 - as above

    client = ApiClient(*_address(base_url, key, data))
    options = _options(option or [])
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


def _options(pairs: list[str]) -> dict[str, str]:
    from cli.exit_codes import ConfigurationError  # noqa: PLC0415 - keeps --help fast

    options = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.replace("_", "").isalpha():
            raise ConfigurationError(f"--option {pair}: must be NAME=VALUE")
        options[name] = value
    return options
