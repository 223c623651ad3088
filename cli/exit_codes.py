"""How a command ends: the exit codes, and the errors that become one line and one of them."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Stable: scripts may branch on them."""

    DONE = 0
    FAILED = 1
    CONFIGURATION = 2
    DEPENDENCY = 3


class CommandError(Exception):
    """Something the person at the terminal can act on: the text says what is wrong and what to do.
    It is printed without a traceback."""

    exit_code = ExitCode.FAILED


class ConfigurationError(CommandError):
    """A setting or an argument is wrong; the text has one line for each problem."""

    exit_code = ExitCode.CONFIGURATION


class DependencyError(CommandError):
    """Something the command needs is missing or does not answer."""

    exit_code = ExitCode.DEPENDENCY
