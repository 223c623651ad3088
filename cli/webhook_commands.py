"""`image-analyzer webhooks`: what was told to whom, what becomes of the rest, and who signs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from cli.command_style import Argument, Command, CommandGroup
from cli.exit_codes import CommandError, ConfigurationError

if TYPE_CHECKING:
    from storage.deliveries import DeliveryQuery

webhooks = CommandGroup("webhooks", help="Outcomes that are posted to callbacks.")
secret = CommandGroup("secret", help="What signs them.")
webhooks.add_command(secret)

_FILTERS = (
    click.option("--state", metavar="<str>", type=click.Choice(["pending", "delivered", "dead"]),
                 help="pending, delivered or dead."),
    click.option("--tenant", metavar="<str>", help="Of this tenant only."),
    click.option("--request", metavar="<uuid>", type=click.UUID, help="Of this request only."),
    click.option("--receiver", metavar="<str>", help="To this host, or host:port, only."),
    click.option("--since", metavar="<str>", help="Not older than 90s, 15m, 2h, 7d, or a moment."),
    click.option("--limit", metavar="<int>", type=click.IntRange(1, 100_000), default=1000,
                 show_default=True, help="The newest so many."),
)  # fmt: skip
_PLACE = "As `webhooks list` prints it: TENANT/REQUEST_ID."


def _filtered(command: Callable[..., None]) -> Callable[..., None]:
    for decorate in reversed(_FILTERS):
        command = decorate(command)
    return command


@webhooks.command("list", cls=Command)
@_filtered
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line.")
def list_deliveries(*, as_json: bool, **filters: Any) -> None:
    """Deliveries, oldest first."""
    from cli.webhook_view import document_of, line_of, summary_of  # noqa: PLC0415 - keeps --help fast
    from cli.webhooks import found  # noqa: PLC0415 - as above

    deliveries = found(_query(filters))
    for delivery in deliveries:
        print((document_of if as_json else line_of)(delivery))
    if not as_json:
        print(summary_of(deliveries))


@webhooks.command("show", cls=Command)
@click.argument("place", cls=Argument, shape="<str>", explained=_PLACE)
def show_delivery(place: str) -> None:
    """One delivery with its attempts."""
    from cli.webhook_view import page_of  # noqa: PLC0415 - keeps --help fast
    from cli.webhooks import one, to_place  # noqa: PLC0415 - as above

    print(page_of(one(to_place(place))))


@webhooks.command("retry", cls=Command)
@click.argument("places", cls=Argument, shape="<list[str]>", nargs=-1, default=None,
                explained="As `webhooks list` prints them.")  # fmt: skip
@_filtered
@click.option("--every", is_flag=True, help="All dead ones, when nothing else is said.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")
def retry_deliveries(
    *, places: tuple[str, ...] | None, every: bool, dry_run: bool, **filters: Any
) -> None:
    """Try again now, with all its time: dead ones, or with `--state pending` those that wait. What
    was delivered stays so."""
    from cli.webhooks import found, retried, to_place  # noqa: PLC0415 - keeps --help fast

    named = [to_place(text) for text in places or ()]
    chooses = any(value for name, value in filters.items() if name != "limit")
    if bool(named) + chooses + every != 1:
        raise ConfigurationError(
            "say which: places, or --state, --tenant, --request, --receiver, --since, or --every "
            "alone"
        )
    if not named:
        query = _query({**filters, "state": filters["state"] or "dead"})
        named = [(one.tenant_id, one.request_id) for one in found(query)]
    if dry_run:
        print("\n".join([*(f"{tenant}/{id_}: would be tried" for tenant, id_ in named)]))
        return
    outcomes = retried(named)
    for (tenant, request_id), is_due in outcomes:
        print(f"{tenant}/{request_id}: {'due now' if is_due else 'delivered, or not there'}")
    refused = sum(not is_due for _, is_due in outcomes)
    if refused:
        raise CommandError(f"{refused} are not tried again")


@secret.command("rotate", cls=Command)
@click.option("--tenant", metavar="<str>", required=True, help="Whose: one that has a key.")
@click.option("--now", is_flag=True, help="The old secret signs no more; for one that has leaked.")
def rotate_secret(*, tenant: str, now: bool) -> None:
    """Make the next secret of a tenant and print it, this once. The old one signs too for a day
    (ANALYZER_WEBHOOKS__OVERLAP_S): let the receiver take both until then."""
    from cli.webhooks import rotate_secret  # noqa: PLC0415 - keeps --help fast

    print(rotate_secret(tenant, now=now))


def _query(filters: dict[str, Any]) -> "DeliveryQuery":
    from cli.since import to_moment  # noqa: PLC0415 - keeps --help fast
    from storage.deliveries import DeliveryQuery  # noqa: PLC0415 - as above

    return DeliveryQuery(
        tenant_id=filters["tenant"],
        request_id=filters["request"],
        state=filters["state"],
        receiver=filters["receiver"],
        since=None if filters["since"] is None else to_moment(filters["since"]),
        limit=filters["limit"],
    )
