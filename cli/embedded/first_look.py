"""The sample photographs through the whole product once, and the pictures of what was found."""

import sys
from pathlib import Path

from cli.api_client import ApiClient
from cli.data_folder import DataFolder
from cli.detections_table import summary
from cli.draw_boxes import draw_boxes
from cli.embedded.connection import read_connection
from cli.exit_codes import CommandError, DependencyError, ExitCode

_WAIT_S = 60


def look_at_samples(folder: DataFolder, samples: Path) -> ExitCode:
    """Says one line a photograph; FAILED when one of them had no result.
    Raises DependencyError when nothing runs on that folder."""
    connection = read_connection(folder.connection)
    if connection is None:
        raise DependencyError(f"nothing runs on {folder.root}")
    client = ApiClient(connection.base_url, connection.api_key)
    outcomes = [_look(client, picture, folder) for picture in sorted(samples.glob("*.jpg"))]
    return ExitCode.DONE if outcomes and all(outcomes) else ExitCode.FAILED


def _look(client: ApiClient, picture: Path, folder: DataFolder) -> bool:
    target = folder.annotated / picture.name
    try:
        result = client.analyze_file(picture, {}, wait_s=_WAIT_S)
        draw_boxes(picture, result, target)
    except (CommandError, OSError) as error:
        _say(f"{picture.name}: failed: {error}")
        return False
    _say(f"{picture.name}: {summary(result)}  →  {target}")
    return True


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
