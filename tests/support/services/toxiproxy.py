"""Toxiproxy: how it is had, and where it lies. Links through it can be slow, dumb or torn."""

from pathlib import Path

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once
from tests.support.services.programs import NotInstalledError

VERSION = "2.5.0"
MODULE = "github.com/Shopify/toxiproxy/v2"
SUM = "h1:i4LPT+qrSlKNtQf5QliVjdP08GyAH8+BUIc9gT0eahc="


def toxiproxy() -> Path:
    """The server; NotInstalledError when it is not there."""
    program = _folder() / "server"
    if not program.is_file():
        raise NotInstalledError(f"toxiproxy {VERSION}")
    return program


def toxiproxy_recipe() -> recipes.Recipe:
    return recipes.Recipe(
        what=f"toxiproxy {VERSION}",
        services=("toxiproxy",),
        is_there=(_folder() / "server").is_file,
        missing_tools=lambda: recipes._not_on_path("go"),
        install=_install,
    )


def toxiproxy_fault(build_information: str) -> str | None:
    """What is wrong with a program, by what `go version -m` says of it; None when nothing is."""
    pinned = ["mod", MODULE, f"v{VERSION}", SUM]
    if pinned in [line.split() for line in build_information.splitlines()]:
        return None
    return f"not built from {' '.join(pinned[1:])}"


def _folder() -> Path:
    return cache_folder() / f"toxiproxy-{VERSION}"


def _install() -> None:
    with filled_at_once(_folder()) as scratch:
        recipes._run("go", "install", f"{MODULE}/cmd/server@v{VERSION}", GOBIN=str(scratch))
        built = recipes._run("go", "version", "-m", str(scratch / "server"))
        recipes._require(toxiproxy_fault(built))
