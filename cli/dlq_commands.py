"""`image-analyzer dlq`: what was set aside, and what becomes of it."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

from cli.command_style import Argument, Command, CommandGroup
from cli.exit_codes import CommandError, ConfigurationError, DependencyError

if TYPE_CHECKING:
    from cli.dlq_desk import Desk, Found
    from cli.dlq_filters import LetterFilter

dlq = CommandGroup("dlq", help="Dead letters: records that were set aside, and why.")

_FILTERS = (
    click.argument("places", cls=Argument, shape="<list[str]>", nargs=-1, default=None,
                   explained="As `dlq list` prints them."),
    click.option("--topic", metavar="<str>", help="Of this topic only."),
    click.option("--reason", metavar="<str>", help="With this reason only."),
    click.option("--tenant", metavar="<str>", help="Of this tenant's requests only."),
    click.option("--request", metavar="<uuid>", type=click.UUID, help="Of this request only."),
    click.option("--since", metavar="<str>", help="Not older than 90s, 15m, 2h, 7d, or a moment."),
)  # fmt: skip
_USES = ("kafka", "postgres", "bucket", "webhooks", "traces", "azure_monitor")
_EVERY = click.option("--every", is_flag=True, help="All there are, when nothing else is said.")
_DRY = click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")


def _filtered(command: Callable[..., None]) -> Callable[..., None]:
    for decorate in reversed(_FILTERS):
        command = decorate(command)
    return command


@dlq.command("list", cls=Command)
@_filtered
@click.option("--all", "handled_too", is_flag=True, help="Also those that were dealt with.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line.")
def list_letters(*, handled_too: bool, as_json: bool, **filters: Any) -> None:
    """Dead letters that nobody has dealt with, oldest first."""
    from cli.dlq_view import document_of, line_of, summary_of  # noqa: PLC0415 - keeps --help fast

    wanted = _wanted(filters)
    found = _at_desk(lambda desk: desk.find(wanted, handled_too=handled_too))
    for one in found:
        print((document_of if as_json else line_of)(one.letter, one.handling))
    if not as_json:
        print(summary_of([one.letter for one in found]))


@dlq.command("show", cls=Command)
@click.argument("place", cls=Argument, shape="<str>", explained="As `dlq list` prints it.")
def show_letter(place: str) -> None:
    """One dead letter: why it was set aside, its headers and its value."""
    wanted = _wanted({"places": (place,)})
    print(_at_desk(lambda desk: _page(desk, wanted)))


@dlq.command("replay", cls=Command)
@_filtered
@_EVERY
@_DRY
@click.option(
    "--rate",
    metavar="<float>",
    type=click.FloatRange(0.01, 1000),
    default=10.0,
    show_default=True,
    help="At most so many a second.",
)
@click.option(
    "--vouch-for",
    metavar="<str>",
    help="Tenant whose inbox records these are, when their credential was not good.",
)
def replay_letters(
    *, every: bool, dry_run: bool, rate: float, vouch_for: str | None, **filters: Any
) -> None:
    """Work again: a request as a new one that names the old, at most three times."""
    wanted = _chosen(filters, every=every)
    refused = _at_desk(
        lambda desk: _replay(desk, wanted, dry_run=dry_run, rate=rate, vouch_for=vouch_for or "")
    )
    if refused:
        raise CommandError(f"{refused} were not replayed")


@dlq.command("discard", cls=Command)
@_filtered
@_EVERY
@_DRY
def discard_letters(*, every: bool, dry_run: bool, **filters: Any) -> None:
    """Note that nothing is to be done about them; the records stay until their topic forgets."""
    wanted = _chosen(filters, every=every)
    _at_desk(lambda desk: _discard(desk, wanted, dry_run=dry_run))


async def _page(desk: "Desk", wanted: "LetterFilter") -> str:
    from cli.dlq_view import page_of  # noqa: PLC0415 - keeps --help fast

    for one in await _found(desk, wanted, handled_too=True):
        whole = await desk.whole(one.letter.place)
        if whole is not None:
            return page_of(whole, one.handling)
    raise CommandError("the dead letter went away meanwhile")


async def _found(
    desk: "Desk", wanted: "LetterFilter", *, handled_too: bool = False
) -> list["Found"]:
    """Raises CommandError for a place that was named and is not there, or was dealt with."""
    found = await desk.find(wanted, handled_too=handled_too)
    missing = wanted.places - {one.letter.place for one in found}
    if missing:
        names = ", ".join(f"{topic}[{part}]@{offset}" for topic, part, offset in sorted(missing))
        raise CommandError(
            f"{names}: there is no such dead letter that is still open; nothing done"
        )
    return found


async def _replay(
    desk: "Desk", wanted: "LetterFilter", *, dry_run: bool, rate: float, vouch_for: str
) -> int:
    """How many were refused."""
    refused = 0
    for one in await _found(desk, wanted):
        begun = time.monotonic()
        if dry_run:
            print(f"{one.letter.record.place}: would be tried")
            continue
        refused += not await _replay_one(desk, one, vouch_for)
        await asyncio.sleep(max(0.0, 1 / rate - (time.monotonic() - begun)))
    return refused


async def _replay_one(desk: "Desk", one: "Found", vouch_for: str) -> bool:
    from cli.dlq_view import plain  # noqa: PLC0415 - keeps --help fast
    from processors.replay import reason_of  # noqa: PLC0415 - as above
    from storage.ports import ReplayRefusedError  # noqa: PLC0415 - as above
    from topics.errors import InvalidMessageError  # noqa: PLC0415 - as above

    place = one.letter.record.place
    letter = await desk.whole(one.letter.place)
    if letter is None:
        print(f"{place}: not replayed: its topic has forgotten it")
        return False
    try:
        request_id = await desk.replayer.replay(letter, tenant_id=vouch_for)
    except (InvalidMessageError, ReplayRefusedError) as error:
        print(f"{place}: not replayed: {plain(reason_of(error))}")
        return False
    await desk.note(one, "replayed", request_id)
    print(f"{place}: replayed" + ("" if request_id is None else f" as {request_id}"))
    return True


async def _discard(desk: "Desk", wanted: "LetterFilter", *, dry_run: bool) -> None:
    for one in await _found(desk, wanted):
        if not dry_run:
            await desk.note(one, "discarded", None)
        print(f"{one.letter.record.place}: {'would be ' if dry_run else ''}discarded")


def _wanted(filters: dict[str, Any]) -> "LetterFilter":
    from cli.dlq_filters import to_filter  # noqa: PLC0415 - keeps --help fast

    empty = dict.fromkeys(("topic", "reason", "tenant", "request", "since"))
    return to_filter(filters.pop("places") or (), **(empty | filters))


def _chosen(filters: dict[str, Any], *, every: bool) -> "LetterFilter":
    wanted = _wanted(filters)
    if wanted.chooses == every:
        raise ConfigurationError(
            "say which: places, --topic, --reason, --tenant, --request, --since, or --every alone"
        )
    return wanted


def _at_desk(work: Callable[["Desk"], Awaitable[Any]]) -> Any:
    from cli.dlq_desk import open_desk  # noqa: PLC0415 - keeps --help fast
    from cli.settings import load_settings  # noqa: PLC0415 - as above
    from storage.errors import StorageError  # noqa: PLC0415 - as above
    from telemetry.logs import configure_command_logs  # noqa: PLC0415 - as above
    from topics.errors import LogUnavailableError  # noqa: PLC0415 - as above

    settings = load_settings(os.environ, uses=_USES)
    configure_command_logs()

    async def run() -> Any:
        async with open_desk(settings) as desk:
            return await work(desk)

    try:
        return asyncio.run(run())
    except (LogUnavailableError, StorageError) as error:
        raise DependencyError(
            f"{error}; what was printed is done, the rest is as it was"
        ) from error
