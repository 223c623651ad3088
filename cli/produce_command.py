"""`image-analyzer produce`: one picture by way of Kafka, as an outside producer sends it."""

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from cli.command_style import Argument, Command

if TYPE_CHECKING:
    from cli.outside_producer import Outcome, OutsideProducer
    from cli.settings import Settings
    from schemas.events import InboxEvent
    from schemas.result import AnalysisResult


@click.command("produce", cls=Command)
@click.argument("picture", cls=Argument, shape="<str>", explained="A file, or an http(s) address.")
@click.option("--tenant", metavar="<str>", required=True, help="The tenant of the API key.")
@click.option(
    "--key",
    metavar="<str>",
    envvar="IMAGE_ANALYZER_KEY",
    show_envvar=True,
    help="API key; an inbox that is bound to one tenant needs none. Given here, the list of "
    "processes shows it.",
)
@click.option(
    "--url",
    metavar="<str>",
    envvar="IMAGE_ANALYZER_URL",
    show_envvar=True,
    help="An API to ask for the outcome; without one, the result topics are read.",
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
def produce(  # noqa: PLR0913 - one parameter for each option
    *,
    picture: str,
    tenant: str,
    key: str | None,
    url: str | None,
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
    from cli.api_keys import check_tenant_id  # noqa: PLC0415 - as above
    from cli.detections_table import detections_table  # noqa: PLC0415 - as above
    from cli.outside_producer import OutsideProducer  # noqa: PLC0415 - as above
    from cli.settings import load_settings  # noqa: PLC0415 - as above
    from telemetry.logs import configure_command_logs  # noqa: PLC0415 - as above

    check_tenant_id(tenant)
    settings = load_settings(os.environ, uses={"kafka", "bucket"})
    configure_command_logs()
    producer = OutsideProducer(settings.kafka, tenant, key)
    fields = {"request_id": request_id or uuid7(), "lane": lane, "options": to_options(option)}
    result = _run(settings, producer, picture, fields, _Wish(wait, url))
    if result is None:
        print(fields["request_id"])
    else:
        print(result.to_json().decode() if as_json else detections_table(result))


@dataclass(frozen=True, slots=True)
class _Wish:
    """How long to wait for the outcome, and the API to ask for it; without one, the log is read."""

    wait_s: int
    api: str | None


def _run(
    settings: "Settings",
    producer: "OutsideProducer",
    picture: str,
    fields: dict[str, Any],
    wish: _Wish,
) -> "AnalysisResult | None":
    from cli.exit_codes import ConfigurationError, DependencyError  # noqa: PLC0415 - as above
    from storage.errors import StorageError  # noqa: PLC0415 - as above
    from topics.errors import (  # noqa: PLC0415 - as above
        BrokerRefusesError,
        LogUnavailableError,
        RecordTooLargeError,
    )

    async def run() -> "AnalysisResult | None":
        event = await _event(settings, producer, picture, fields)
        return await _send(producer, event, wish)

    try:
        result = asyncio.run(run())
    except (ValueError, RecordTooLargeError) as error:
        raise ConfigurationError(f"{picture}: {str(error)[:300]}") from error
    except BrokerRefusesError as error:
        raise DependencyError(f"{error}; nothing was sent") from error
    except (LogUnavailableError, StorageError) as error:
        raise DependencyError(f"{error}; it may have been sent: send again with the same "
                              f"--request-id {fields['request_id']}") from error  # fmt: skip
    if wish.api is None or wish.wait_s == 0:
        return result
    return _asked_of_api(wish.api, producer, fields["request_id"], wish.wait_s)


async def _send(
    producer: "OutsideProducer", event: "InboxEvent", wish: _Wish
) -> "AnalysisResult | None":
    """The result, when it was waited for on the log."""
    from cli.exit_codes import DependencyError  # noqa: PLC0415 - as above
    from topics.errors import BrokerRefusesError, LogUnavailableError  # noqa: PLC0415 - as above

    async with contextlib.AsyncExitStack() as stack:
        outcome: Outcome | None = None
        if wish.wait_s > 0 and wish.api is None:
            try:
                outcome = await stack.enter_async_context(producer.watching(event))
            except BrokerRefusesError as error:
                print(f"not waiting for the outcome: {error}", file=sys.stderr)
            except LogUnavailableError as error:
                raise DependencyError(f"{error}; nothing was sent") from error
        await producer.send(event)
        return None if outcome is None else await outcome.within(wish.wait_s, event.request_id)


def _asked_of_api(
    api: str, producer: "OutsideProducer", request_id: UUID, wait_s: int
) -> "AnalysisResult":
    from cli.api_client import ApiClient  # noqa: PLC0415 - as above
    from cli.exit_codes import ConfigurationError  # noqa: PLC0415 - as above

    if producer.api_key is None:
        raise ConfigurationError("--key: is needed to ask the API for the outcome")
    return ApiClient(api, producer.api_key).outcome_of(request_id, wait_s=wait_s)


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
