"""The official JSON Schema of AsyncAPI 3.1.0: how it is had, and where it lies.

From the npm package @asyncapi/specs (Apache-2.0), of which one file is kept.
"""

import base64
import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once
from tests.support.services.programs import NotInstalledError

VERSION = "6.11.1"
SHA512 = "A3WBLqAKGoJ2+6FWFtpjBlCQ1oFCcs4GxF7zsIGvNqp/klGUHjlA3aAcZ9XMMpLGE8zPeYDz2x9FmO6DSuKraQ=="
_PACKAGE = f"@asyncapi/specs@{VERSION}"
_MEMBER = "package/schemas/3.1.0-without-$id.json"


def asyncapi_schema() -> dict[str, Any]:
    """Draft 07. NotInstalledError when it is not there."""
    if not _file().is_file():
        raise NotInstalledError(_PACKAGE)
    loaded: dict[str, Any] = json.loads(_file().read_text(encoding="utf-8"))
    return loaded


def asyncapi_schema_recipe() -> recipes.Recipe:
    return recipes.Recipe(
        what=_PACKAGE,
        services=("asyncapi-schema",),
        is_there=_file().is_file,
        missing_tools=lambda: recipes._not_on_path("npm"),
        install=_install,
        is_optional=True,
    )


def package_fault(archive: bytes) -> str | None:
    """What is wrong with the package as it came; None when it is the pinned one."""
    found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    return None if found == SHA512 else f"{_PACKAGE} has integrity sha512-{found}"


def _file() -> Path:
    return cache_folder() / f"asyncapi-specs-{VERSION}" / "3.1.0.json"


def _install() -> None:
    with filled_at_once(_file().parent) as scratch:
        recipes._run("npm", "pack", _PACKAGE, "--silent", "--pack-destination", str(scratch))
        (archive,) = scratch.glob("*.tgz")
        recipes._require(package_fault(archive.read_bytes()))
        (scratch / _file().name).write_bytes(_schema_in(archive))
        archive.unlink()


def _schema_in(archive: Path) -> bytes:
    with tarfile.open(archive) as package:
        member = package.extractfile(_MEMBER)
        if member is None:
            raise recipes.RecipeFailedError(f"{_PACKAGE} has no {_MEMBER}")
        return member.read()
