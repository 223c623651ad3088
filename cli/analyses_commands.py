"""`image-analyzer analyses`: what the database keeps of one request."""

from uuid import UUID

import click

from cli.command_style import Argument, Command, CommandGroup
from cli.exit_codes import CommandError

analyses = CommandGroup("analyses", help="Requests as the database keeps them.")


@analyses.command("show", cls=Command)
@click.argument(
    "request_id", cls=Argument, shape="<uuid>", type=click.UUID,
    explained="As the client was told, as it stands in logs and traces.",
)  # fmt: skip
@click.option("--tenant", metavar="<str>", help="Of this tenant only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line.")
def show_request(*, request_id: UUID, tenant: str | None, as_json: bool) -> None:
    """State, times, picture, outcome and trace of a request, its webhook, and its dead letters that
    somebody dealt with. Exit code 1 when nothing is kept of it."""
    from cli.analyses_view import document_of, page_of  # noqa: PLC0415 - keeps --help fast
    from cli.api_keys import check_tenant_id, with_pool  # noqa: PLC0415 - as above
    from storage.kept_requests import find_kept_requests  # noqa: PLC0415 - as above

    if tenant is not None:
        check_tenant_id(tenant)
    found = with_pool(lambda pool: find_kept_requests(pool, request_id, tenant))
    if not found:
        whose = "" if tenant is None else f" of {tenant}"
        raise CommandError(
            f"{request_id}: there is no such request{whose}; look for its id in the logs"
        )
    shown = [(document_of if as_json else page_of)(kept) for kept in found]
    print(("\n" if as_json else "\n\n").join(shown))
