"""What builds an image without an engine, and the base that a Dockerfile starts from: how they are
had. The base is what Debian's own tool makes: a little more than `debian:bookworm-slim` has, and
without the updates of after its release."""

import shutil
from pathlib import Path

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once
from tests.support.services.programs import NotInstalledError

RELEASE = "bookworm"


def buildah() -> Path:
    found = shutil.which("buildah")
    if found is None:
        raise NotInstalledError("buildah")
    return Path(found)


def base_folder() -> Path:
    """The root of the base; NotInstalledError when it is not there."""
    if not _base().is_dir():
        raise NotInstalledError(f"the base {RELEASE}")
    return _base()


def image_recipes() -> tuple[recipes.Recipe, ...]:
    return (
        recipes.Recipe(
            what="Debian packages buildah and debootstrap",
            services=("image",),
            is_there=lambda: recipes._is_found(buildah) and shutil.which("debootstrap") is not None,
            missing_tools=recipes._missing_for_apt,
            install=lambda: recipes._install_packages("buildah", "debootstrap"),
            is_optional=True,
        ),
        recipes.Recipe(
            what=f"the base {RELEASE} of the image",
            services=("image",),
            is_there=_base().is_dir,
            missing_tools=recipes._missing_for_apt,
            install=_make_base,
            is_optional=True,
        ),
    )


def _base() -> Path:
    return cache_folder() / f"base-{RELEASE}"


def _make_base() -> None:
    with filled_at_once(_base()) as scratch:
        recipes._run(
            *recipes._become_root(), "debootstrap", "--variant=minbase", RELEASE, str(scratch)
        )
        for emptied in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(scratch / emptied)
