"""What our click classes add: the order of commands, explained arguments, near misses, 130."""

import click
from click.testing import CliRunner, Result

from cli.command_style import Argument, CommandGroup


def shown(*arguments: str) -> Result:
    return CliRunner().invoke(group(), arguments, prog_name="tool")


def group() -> CommandGroup:
    tool = CommandGroup("tool")

    @tool.command("wash")
    @click.argument("plates", cls=Argument, shape="<list[str]>", nargs=-1, required=True)
    @click.argument("soap", cls=Argument, shape="<str>", explained="Which soap.", default="green")
    def wash(plates: tuple[str, ...], soap: str) -> None:
        click.echo(f"{' '.join(plates)} {soap}")

    @tool.command("dry")
    def dry() -> None:
        raise KeyboardInterrupt

    return tool


def test_commands_are_listed_as_they_were_added() -> None:
    text = shown("--help").stdout
    assert text.index("  wash") < text.index("  dry")


def test_a_group_alone_shows_its_help_and_fails() -> None:
    result = shown()
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: tool")


def test_the_help_explains_arguments() -> None:
    lines = shown("wash", "--help").stdout.splitlines()
    assert lines[0] == "Usage: tool wash [OPTIONS] {plates}... [soap]"
    assert "  plates... <list[str]>  [required]" in lines
    assert "  soap <str>             Which soap.  [default: green]" in lines


def test_a_missing_argument_is_named() -> None:
    result = shown("wash")
    assert result.exit_code == 2
    assert "Error: Missing argument 'plates'." in result.stderr


def test_a_near_miss_is_answered_with_the_command() -> None:
    assert "No such command 'wahs'. Did you mean 'wash'?" in shown("wahs").stderr
    assert "Did you mean" not in shown("iron").stderr


def test_an_interrupt_ends_without_a_word() -> None:
    result = shown("dry")
    assert result.exit_code == 130
    assert result.output == ""
