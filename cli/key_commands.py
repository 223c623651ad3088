"""`image-analyzer keys`: made, listed, revoked."""

import os
from typing import Any

import click

from cli.command_style import Argument, Command, CommandGroup
from cli.exit_codes import DependencyError

keys = CommandGroup("keys", help="API keys.")

_TENANT = click.option(
    "--tenant",
    metavar="<str>",
    required=True,
    help="Whose key: lower-case letters, digits, - and _.",
)


@keys.command("create")
@_TENANT
@click.option("--name", metavar="<str>", required=True, help="What the key is for; people read it.")
@click.option(
    "--role", metavar="<str>", default="analyst", show_default=True,
    help="viewer, analyst, operator or admin; each may what those before it may.",
)  # fmt: skip
@click.option(
    "--scope", "scopes", metavar="<str>", multiple=True,
    help="Narrow it to read, analyze, operate, keys or users; may be repeated.",
)  # fmt: skip
@click.option(
    "--expires", "expires_at", metavar="<moment>",
    help="When it ends, such as 2027-01-31 or 2027-01-31T12:00:00Z. Default: never.",
)  # fmt: skip
@click.option(
    "--network", "networks", metavar="<cidr>", multiple=True,
    help="Where it may come from; may be repeated. Such a key is not taken from Kafka.",
)  # fmt: skip
def create_key(tenant: str, **wanted: Any) -> None:
    """Make an API key and print it, this once: only its hash is kept."""
    import asyncio  # noqa: PLC0415 - keeps --help fast

    from cli.api_keys import add_key, check_tenant_id  # noqa: PLC0415 - as above
    from cli.key_wish import to_wish  # noqa: PLC0415 - as above
    from cli.settings import load_settings, require  # noqa: PLC0415 - as above
    from storage.errors import StorageError  # noqa: PLC0415 - as above
    from storage.key_format import mint_api_key  # noqa: PLC0415 - as above

    check_tenant_id(tenant)
    wish = to_wish(wanted)
    postgres = require(
        load_settings(os.environ, uses={"postgres"}).postgres, "ANALYZER_POSTGRES__DSN"
    )
    key = mint_api_key()
    try:
        asyncio.run(add_key(postgres, key, tenant=tenant, wish=wish))
    except StorageError as error:
        raise DependencyError(f"{error}; no key was made") from error
    print(key)


@keys.command("list")
@_TENANT
def list_keys(tenant: str) -> None:
    """The keys of a tenant, those that work first, the newest at the top; never the keys
    themselves. What was revoked or expired over 90 days ago is left out."""
    from cli.api_keys import check_tenant_id, listed_keys  # noqa: PLC0415 - keeps --help fast

    check_tenant_id(tenant)
    print("\n".join(listed_keys(tenant)))


@keys.command("revoke", cls=Command)
@click.argument("key_id", cls=Argument, shape="<str>", explained="As `keys list` prints it.")
@_TENANT
def revoke_key(key_id: str, tenant: str) -> None:
    """Revoke a key; it works nowhere after 30 s. A repeat changes nothing."""
    from cli.api_keys import check_tenant_id, revoke_key  # noqa: PLC0415 - keeps --help fast

    check_tenant_id(tenant)
    revoke_key(tenant, key_id)
    print(f"revoked {key_id}")
