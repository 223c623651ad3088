"""`image-analyzer tenants`: what a tenant has booked."""

from typing import TYPE_CHECKING

import click

from cli.command_style import Argument, Command, CommandGroup

if TYPE_CHECKING:
    from storage.postgres_pool import PostgresPool

tenants = CommandGroup("tenants", help="Tenants and their tiers.")


@tenants.command("set-tier", cls=Command)
@click.argument("tenant", cls=Argument, shape="<str>", explained="One that has a key.")
@click.argument(
    "tier", cls=Argument, shape="<str>", explained="free, standard or premium.",
    type=click.Choice(["free", "standard", "premium"]),
)  # fmt: skip
def set_tier(tenant: str, tier: str) -> None:
    """How much a tenant may ask for; holds everywhere after 30 s."""
    from cli.api_keys import with_pool  # noqa: PLC0415 - keeps --help fast
    from cli.exit_codes import CommandError  # noqa: PLC0415 - as above
    from storage.errors import NotFoundError  # noqa: PLC0415 - as above

    try:
        with_pool(lambda pool: _set_tier(pool, tenant, tier))
    except NotFoundError as error:
        raise CommandError(str(error)) from error
    print(f"{tenant} is {tier}")


async def _set_tier(pool: "PostgresPool", tenant: str, tier: str) -> None:
    from cli.operator_audit import operator, operators_audit  # noqa: PLC0415 - as above
    from storage.audit import Action  # noqa: PLC0415 - as above
    from storage.tenants_postgres import PostgresTenants  # noqa: PLC0415 - as above

    await PostgresTenants(pool).set_tier(tenant, tier)
    async with operators_audit(pool) as audit:
        await audit.note(
            Action.TIER_CHANGED, actor=operator(), tenant_id=tenant, target=tenant, tier=tier
        )  # fmt: skip
