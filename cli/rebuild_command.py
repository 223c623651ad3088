"""`image-analyzer rebuild`: the record in PostgreSQL again, from what Kafka still holds."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.command_style import Command
from cli.exit_codes import DependencyError

if TYPE_CHECKING:
    from cli.rebuild import Counts
    from cli.settings import Settings

_NOT_REBUILT: Final = (
    "not rebuilt, since no topic holds them: keys, users, tiers, the audit log, idempotency keys, "
    "webhook deliveries and secrets, which requests repeat which, and what was done about dead "
    "letters"
)


@click.command("rebuild", cls=Command)
@click.option("--dry-run", is_flag=True, help="Write all of it, count it, and take it back.")
@click.option(
    "--progress",
    "progress_file",
    metavar="<path>",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Note in this file how far it has come, and go on there the next time.",
)
def rebuild(*, dry_run: bool, progress_file: Path | None) -> None:
    """Make the rows of requests again, and what became of them, from the topics: into an empty
    database or one that was restored from a backup. It runs as the user of the io worker, while no
    process runs; a repeat changes nothing, and what the database holds already stays."""
    from cli.settings import load_settings  # noqa: PLC0415 - keeps --help fast
    from storage.errors import StorageError  # noqa: PLC0415 - as above
    from telemetry.logs import configure_command_logs  # noqa: PLC0415 - as above
    from topics.errors import LogUnavailableError  # noqa: PLC0415 - as above

    settings = load_settings(os.environ, uses={"kafka", "postgres"})
    configure_command_logs()
    try:
        counts = asyncio.run(_rebuild(settings, dry_run=dry_run, file=progress_file))
    except (LogUnavailableError, StorageError) as error:
        raise DependencyError(f"{error}; what was recorded stays, run it again") from error
    print(_summary(counts, dry_run=dry_run))
    print(_NOT_REBUILT)


async def _rebuild(settings: "Settings", *, dry_run: bool, file: Path | None) -> "Counts":
    from cli.rebuild import LogReader  # noqa: PLC0415 - keeps --help fast
    from cli.rebuild_progress import Progress, read_progress, write_progress  # noqa: PLC0415 - as above
    from cli.settings import require  # noqa: PLC0415 - as above
    from storage.postgres_check import check_postgres  # noqa: PLC0415 - as above
    from storage.rebuild_postgres import rebuilding  # noqa: PLC0415 - as above
    from topics.letters import identity_of_log  # noqa: PLC0415 - as above

    postgres = require(settings.postgres, "ANALYZER_POSTGRES__DSN")
    await check_postgres(postgres)
    identity = await identity_of_log(settings.kafka)
    progress = Progress(identity) if file is None else read_progress(file, identity)

    def keep(reached: Progress) -> None:
        if file is not None:
            write_progress(file, reached)

    async with rebuilding(postgres) as database:
        reader = LogReader(settings.kafka, database, progress, None if dry_run else keep)
        return await reader.run()


def _summary(counts: "Counts", *, dry_run: bool) -> str:
    would = "would be " if dry_run else ""
    done = (
        f"{counts.requests} requests {would}added, {counts.outcomes} outcomes {would}recorded, "
        f"{counts.cancels} cancellations {would}noted"
    )
    lines = [f"{counts.read} records read", done]
    if counts.homeless:
        unknown = "neither the database nor the topics know their requests any more"
        lines.append(f"{counts.homeless} outcomes not recorded: {unknown}")
    if counts.unreadable:
        lines.append(f"{counts.unreadable} records passed over: they break the contract")
    return "\n".join(lines)
