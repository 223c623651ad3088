"""`image-analyzer health`: asks the process beside it over HTTP, for checks of containers.

Run every few seconds, so it loads no settings and none of their libraries: it reads the four
variables that say where a process listens by itself.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import click

from cli.exit_codes import ConfigurationError, DependencyError

_LONGEST_BODY = 4096
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nobody listens: it is asked


@dataclass(frozen=True, slots=True)
class Listener:
    """Where one kind of process listens: its variables, and what holds without them. Port 0 is
    no fixed port."""

    host_variable: str
    port_variable: str
    default_host: str
    default_port: int

    def port(self, environment: Mapping[str, str]) -> int:
        """Raises ConfigurationError when it is no port."""
        text = environment.get(self.port_variable, str(self.default_port))
        if not text.isdecimal() or int(text) > 65535:
            raise ConfigurationError(f"{self.port_variable}={text}: is no port")
        return int(text)

    def host(self, environment: Mapping[str, str]) -> str:
        """An address that reaches it from its own machine."""
        named = environment.get(self.host_variable, self.default_host)
        return _ANY_ADDRESS.get(named, named)


LISTENERS = {
    "api": Listener("ANALYZER_API__HOST", "ANALYZER_API__PORT", "127.0.0.1", 8080),
    "worker": Listener(
        "ANALYZER_WORKER__HEALTH_HOST", "ANALYZER_WORKER__HEALTH_PORT", "127.0.0.1", 0
    ),
}


@click.command("health")
@click.option(
    "--of",
    "kind",
    type=click.Choice(list(LISTENERS)),
    help="Which process; without it a worker where ANALYZER_WORKER__HEALTH_PORT is set, "
    "else the API.",
)
@click.option("--ready", is_flag=True, help="Ask whether it is ready, not only whether it lives.")
@click.option(
    "--within",
    "within_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=3.0,
    show_default=True,
    help="How long it may take to answer.",
)
def health(kind: str | None, ready: bool, within_s: float) -> None:
    """Ask the API or the worker on this machine how it is; exit code 3 when not well."""
    path = "/ready" if ready else "/health"
    print(ask(os.environ, kind or kind_of(os.environ), path, within_s=within_s))


def kind_of(environment: Mapping[str, str]) -> str:
    """Which process an environment is for; raises ConfigurationError for a port that is none."""
    return "worker" if LISTENERS["worker"].port(environment) else "api"


def ask(environment: Mapping[str, str], kind: str, path: str, *, within_s: float) -> str:
    """The body of a good answer. Raises DependencyError for any other, and for none."""
    listener = LISTENERS[kind]
    port = listener.port(environment)
    if port == 0:
        raise ConfigurationError(f"{listener.port_variable}: is not set, so nothing can be asked")
    host = listener.host(environment)
    status, body = _get(host, port, path, within_s)
    if status != 200:
        raise DependencyError(f"{kind} on {host}:{port} answers {path} with {status}: {body}")
    return body


def _get(host: str, port: int, path: str, within_s: float) -> tuple[int, str]:
    connection = HTTPConnection(host, port, timeout=within_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(_LONGEST_BODY).decode("utf-8", "replace").strip()
    except (OSError, HTTPException) as error:
        raise DependencyError(
            f"{host}:{port} does not answer {path} within {within_s:g} s: {error}"
        ) from error
    finally:
        connection.close()
