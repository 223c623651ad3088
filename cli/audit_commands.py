"""`image-analyzer audit`: who did what to what."""

import click

from cli.command_style import CommandGroup

audit = CommandGroup("audit", help="Who did what to what.")


@audit.command("list")
@click.option("--tenant", metavar="<str>", help="Of this tenant only.")
@click.option("--action", metavar="<str>", help="This action only, such as key.minted.")
@click.option("--since", metavar="<str>", help="Not older than 90s, 15m, 2h, 7d, or a moment.")
@click.option(
    "--limit", metavar="<int>", type=click.IntRange(1, 100_000), default=1000, show_default=True,
    help="The newest so many.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line.")
def list_events(
    *, tenant: str | None, action: str | None, since: str | None, limit: int, as_json: bool
) -> None:
    """What was noted, oldest first."""
    from cli.api_keys import with_pool  # noqa: PLC0415 - keeps --help fast
    from cli.audit_view import document_of, line_of, to_action  # noqa: PLC0415 - as above
    from cli.since import to_moment  # noqa: PLC0415 - as above
    from storage.audit_events import AuditQuery  # noqa: PLC0415 - as above
    from storage.audit_postgres import PostgresAuditStore  # noqa: PLC0415 - as above

    query = AuditQuery(
        tenant_id=tenant,
        action=None if action is None else to_action(action),
        since=None if since is None else to_moment(since),
        limit=limit,
    )
    for entry in with_pool(lambda pool: PostgresAuditStore(pool).find(query)):
        print((document_of if as_json else line_of)(entry))
