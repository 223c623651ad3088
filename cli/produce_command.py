"""`image-analyzer produce`: one picture by way of Kafka, as an outside producer sends it."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from cli.command_style import Argument, Command

if TYPE_CHECKING:
    from cli.outside_producer import OutsideProducer
    from cli.settings import Settings
    from schemas.events import InboxEvent


@click.command("produce", cls=Command)
@click.argument("picture", cls=Argument, shape="<str>", explained="A file, or an http(s) address.")
@click.option("--tenant", metavar="<str>", required=True, help="The tenant of the API key.")
@click.option(
    "--key",
    metavar="<str>",
    required=True,
    envvar="IMAGE_ANALYZER_KEY",
    show_envvar=True,
    help="API key. Given here, the list of processes shows it.",
)
@click.option(
    "--option",
    "-o",
    metavar="<list[str]>",
    multiple=True,
    help="NAME=VALUE of an analysis option; repeatable.",
)
@click.option(
    "--lane",
    type=click.Choice(["interactive", "bulk"]),
    default="interactive",
    show_default=True,
    help="Bulk work waits for the interactive.",
)
@click.option(
    "--request-id",
    metavar="<uuid>",
    type=click.UUID,
    help="Yours; sent again with the same id it is the same request. Default: a new one.",
)
@click.option(
    "--wait",
    metavar="<int range>",
    type=click.IntRange(0, 3600),
    default=60,
    show_default=True,
    help="Seconds to wait for the outcome on the result topics.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result document.")
def produce(
    *,
    picture: str,
    tenant: str,
    key: str,
    option: tuple[str, ...],
    lane: str,
    request_id: UUID | None,
    wait: int,
    as_json: bool,
) -> None:
    """Put a picture into the bucket and its event into an inbox. ANALYZER_KAFKA__* and
    ANALYZER_BUCKET__* say where, with the producer's own users there."""
    from uuid_utils.compat import uuid7  # noqa: PLC0415 - keeps --help fast

    from cli.analysis_options import to_options  # noqa: PLC0415 - as above
    from cli.detections_table import detections_table  # noqa: PLC0415 - as above
    from cli.outside_producer import OutsideProducer  # noqa: PLC0415 - as above
    from cli.settings import load_settings  # noqa: PLC0415 - as above
    from telemetry.logs import configure_command_logs  # noqa: PLC0415 - as above

    settings = load_settings(os.environ, uses={"kafka", "bucket"})
    configure_command_logs()
    producer = OutsideProducer(settings.kafka, tenant, key)
    fields = {"request_id": request_id or uuid7(), "lane": lane, "options": to_options(option)}
    result = _run(settings, producer, picture, fields, wait_s=wait)
    if result is None:
        print(fields["request_id"])
    else:
        print(result.to_json().decode() if as_json else detections_table(result))


def _run(
    settings: "Settings",
    producer: "OutsideProducer",
    picture: str,
    fields: dict[str, Any],
    *,
    wait_s: int,
) -> Any:
    from cli.exit_codes import ConfigurationError, DependencyError  # noqa: PLC0415 - as above
    from storage.errors import StorageError  # noqa: PLC0415 - as above
    from topics.errors import LogUnavailableError  # noqa: PLC0415 - as above

    async def run() -> Any:
        event = await _event(settings, producer, picture, fields)
        return await producer.send(event, wait_s=wait_s)

    try:
        return asyncio.run(run())
    except ValueError as error:
        raise ConfigurationError(f"{picture}: {str(error)[:300]}") from error
    except (LogUnavailableError, StorageError) as error:
        raise DependencyError(f"{error}; it may have been sent: send again with the same "
                              f"--request-id {fields['request_id']}") from error  # fmt: skip


async def _event(
    settings: "Settings", producer: "OutsideProducer", picture: str, fields: dict[str, Any]
) -> "InboxEvent":
    from cli.exit_codes import ConfigurationError  # noqa: PLC0415 - as above
    from cli.settings import require  # noqa: PLC0415 - as above

    if picture.startswith(("http://", "https://")):
        return producer.ask_for(picture, **fields)
    try:
        content = await asyncio.to_thread(Path(picture).read_bytes)
    except OSError as error:
        raise ConfigurationError(f"{picture}: {error.strerror}") from error
    bucket = require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT")
    return await producer.put(bucket, content, **fields)
