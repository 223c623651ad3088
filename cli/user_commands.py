"""`image-analyzer users`: the people of a tenant, for whoever has the database."""

from typing import Any

import click

from cli.command_style import Argument, Command, CommandGroup

users = CommandGroup("users", help="People, who log in as NAME@TENANT.")

_ROLE_HELP = "viewer, analyst, operator or admin; each may what those before it may."
_LOGIN: dict[str, Any] = {"cls": Argument, "shape": "<name@tenant>"}
_PASSWORD = click.option(
    "--password-file", metavar="<path>", type=click.File("r"),
    help="Where the password is read from, `-` for standard input. Default: it is asked for.",
)  # fmt: skip


@users.command("create", cls=Command)
@click.argument("login", **_LOGIN)
@click.option("--role", metavar="<str>", default="viewer", show_default=True, help=_ROLE_HELP)
@_PASSWORD
def create_user(login: str, role: str, password_file: Any) -> None:
    """Add a person; a tenant that is new is added too."""
    from cli import people  # noqa: PLC0415 - keeps --help fast

    print(people.create(login, role, _password(password_file)))


@users.command("list")
@click.option("--tenant", metavar="<str>", required=True, help="Whose people.")
def list_users(tenant: str) -> None:
    """The people of a tenant, by name."""
    from cli import people  # noqa: PLC0415 - keeps --help fast

    print("\n".join(people.listed(tenant)))


@users.command("disable", cls=Command)
@click.argument("login", **_LOGIN)
@click.option("--undo", is_flag=True, help="Let the person in again.")
def disable_user(login: str, *, undo: bool) -> None:
    """Let a person in no more: every session ends, everywhere within a minute."""
    from cli import people  # noqa: PLC0415 - keeps --help fast

    people.disable(login, is_disabled=not undo)
    print(f"{'enabled' if undo else 'disabled'} {login}")


@users.command("role", cls=Command)
@click.argument("login", **_LOGIN)
@click.argument("role", cls=Argument, shape="<str>", explained=_ROLE_HELP)
def change_role(login: str, role: str) -> None:
    """Give a person another role; it shows everywhere within a minute."""
    from cli import people  # noqa: PLC0415 - keeps --help fast

    people.give_role(login, role)
    print(f"{login} is {role}")


@users.command("password", cls=Command)
@click.argument("login", **_LOGIN)
@_PASSWORD
def change_password(login: str, password_file: Any) -> None:
    """Give a person another password: every session ends."""
    from cli import people  # noqa: PLC0415 - keeps --help fast

    people.give_password(login, _password(password_file))
    print(f"{login} has another password")


def _password(file: Any) -> str:
    """Never an argument: those can be read in the list of processes."""
    if file is not None:
        text: str = file.read()
        return text.removesuffix("\n")
    prompted: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return prompted
