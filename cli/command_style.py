"""How the commands look: listed as they were added, arguments explained, near misses named."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import click

_INTERRUPTED = 130  # what a shell reports for a program that SIGINT ended


class Argument(click.Argument):
    """A positional argument that the help explains, as it does options. `shape` is what stands
    for its value, such as `<path>`."""

    def __init__(
        self, param_decls: Sequence[str], *, shape: str, explained: str = "", **attributes: Any
    ) -> None:
        super().__init__(param_decls, **attributes)
        self._shape = shape
        self._explained = explained

    def make_metavar(self, ctx: click.Context) -> str:
        del ctx
        name = f"{{{self.name}}}" if self.required else f"[{self.name}]"
        return f"{name}{self._dots}"

    def get_error_hint(self, ctx: click.Context) -> str:
        del ctx
        return f"'{self.name}'"

    def help_row(self) -> tuple[str, str]:
        note = "[required]" if self.required else f"[default: {self.default}]"
        return f"{self.name}{self._dots} {self._shape}", f"{self._explained}  {note}".strip()

    @property
    def _dots(self) -> str:
        return "" if self.nargs == 1 else "..."


class Command(click.Command):
    """A command whose help has a section for its arguments."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [item.help_row() for item in self.params if isinstance(item, Argument)]
        if rows:
            with formatter.section("Arguments"):
                formatter.write_dl(rows)
        super().format_options(ctx, formatter)


class CommandGroup(click.Group):
    """Commands in the order in which they were added; an interrupt ends them without a word."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.commands)
            if near:
                error.message += f" Did you mean {', '.join(map(repr, near))}?"
            raise

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(_INTERRUPTED) from None
