"""kubeconform: how it is had, and what it says of manifests."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once
from tests.support.services.manifest_schemas import manifest_schemas
from tests.support.services.programs import NotInstalledError

VERSION = "0.8.0"
MODULE = "github.com/yannh/kubeconform"
SUM = "h1:loDYd3a3spjIFrauqW67CDKF55Oo9R6uvC8AvpVd4ug="
_NAMES = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"


def conform(file: Path, *, unknown: Sequence[str] = ()) -> tuple[int, list[str]]:
    """How many resources were compared with the schema of their kind, and what is wrong, a line
    each. Kinds that are `unknown` are left out; any other that has no schema is wrong.

    NotInstalledError when the program or the schemas are not there."""
    program = _folder() / "kubeconform"
    if not program.is_file():
        raise NotInstalledError(f"kubeconform {VERSION}")
    done = subprocess.run(
        (program, "-strict", "-output", "json", "-summary", "-skip", ",".join(unknown),
         "-schema-location", f"{manifest_schemas()}/{_NAMES}", file),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    said = json.loads(done.stdout)
    wrong = [f"{one['kind']} {one['name']}: {one['msg']}" for one in said["resources"] or ()]
    return said["summary"]["valid"], wrong


def kubeconform_recipe() -> recipes.Recipe:
    return recipes.Recipe(
        what=f"kubeconform {VERSION}",
        services=("kubeconform",),
        is_there=(_folder() / "kubeconform").is_file,
        missing_tools=lambda: recipes._not_on_path("go"),
        install=_install,
        is_optional=True,
    )


def kubeconform_fault(build_information: str) -> str | None:
    """What is wrong with a program, by what `go version -m` says of it; None when nothing is."""
    pinned = ["mod", MODULE, f"v{VERSION}", SUM]
    if pinned in [line.split() for line in build_information.splitlines()]:
        return None
    return f"not built from {' '.join(pinned[1:])}"


def _folder() -> Path:
    return cache_folder() / f"kubeconform-{VERSION}"


def _install() -> None:
    with filled_at_once(_folder()) as scratch:
        recipes._run("go", "install", f"{MODULE}/cmd/kubeconform@v{VERSION}", GOBIN=str(scratch))
        built = recipes._run("go", "version", "-m", str(scratch / "kubeconform"))
        recipes._require(kubeconform_fault(built))
