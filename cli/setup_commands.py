"""What is done once before the processes start: tables, topics, the bucket."""

import asyncio
import os

import click

from cli.command_style import CommandGroup
from cli.exit_codes import DependencyError

topics = CommandGroup("topics", help="The topics of the catalog.")
bucket = CommandGroup("bucket", help="Where pictures are kept.")


@click.command("migrate")
def migrate() -> None:
    """Bring the database to the schema this version needs; a repeat changes nothing."""
    from cli.settings import load_settings, require  # noqa: PLC0415 - keeps --help fast
    from storage.errors import StoreUnavailableError  # noqa: PLC0415 - as above
    from storage.schema import HEAD, upgrade  # noqa: PLC0415 - as above

    postgres = require(
        load_settings(os.environ, uses={"postgres"}).postgres, "ANALYZER_POSTGRES__DSN"
    )
    try:
        upgrade(postgres.dsn.get_secret_value())
    except StoreUnavailableError as error:
        raise DependencyError(f"{error}; what was begun is taken back, run it again") from error
    print(f"the schema is at {HEAD}")


@topics.command("create")
def create_topics() -> None:
    """Create the topics that are missing and give the log its identity."""
    from cli.broker_errors import broker_error  # noqa: PLC0415 - keeps --help fast
    from cli.settings import load_settings  # noqa: PLC0415 - as above
    from topics import admin  # noqa: PLC0415 - as above
    from topics.errors import LogUnavailableError  # noqa: PLC0415 - as above

    settings = load_settings(os.environ, uses={"kafka"})
    try:
        created = asyncio.run(admin.create_topics(settings.kafka))
    except LogUnavailableError as error:
        raise broker_error(settings.kafka, error) from error
    print(f"created {len(created)} topics" if created else "all topics are there")


@topics.command("verify")
def verify_topics() -> None:
    """Compare the topics with the catalog; exit code 3 when one differs."""
    from cli.broker_errors import broker_error  # noqa: PLC0415 - keeps --help fast
    from cli.settings import load_settings  # noqa: PLC0415 - as above
    from topics import admin  # noqa: PLC0415 - as above
    from topics.errors import LogUnavailableError  # noqa: PLC0415 - as above

    settings = load_settings(os.environ, uses={"kafka"})
    try:
        problems = asyncio.run(admin.verify_topics(settings.kafka))
    except LogUnavailableError as error:
        raise broker_error(settings.kafka, error) from error
    if problems:
        raise DependencyError("\n".join(problems))
    print("all topics are as the catalog has them")


@bucket.command("create")
def create_bucket() -> None:
    """Make the bucket, or the folder that takes its place; a repeat changes nothing."""
    from cli.make_bucket import make_bucket  # noqa: PLC0415 - keeps --help fast
    from cli.settings import load_settings, require  # noqa: PLC0415 - as above
    from storage.errors import StorageError  # noqa: PLC0415 - as above

    settings = require(
        load_settings(os.environ, uses={"bucket"}).bucket, "ANALYZER_BUCKET__ENDPOINT"
    )
    try:
        asyncio.run(make_bucket(settings))
    except StorageError as error:
        raise DependencyError(str(error)) from error
    print(f"the bucket is there: {settings.folder or settings.bucket}")
