"""kubeconform: how it is had, and what it says of manifests."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.services.manifest_schemas import manifest_schemas
from tests.support.services.recipes import GoProgram

KUBECONFORM = GoProgram(
    name="kubeconform",
    version="0.8.0",
    module="github.com/yannh/kubeconform",
    checksum="h1:loDYd3a3spjIFrauqW67CDKF55Oo9R6uvC8AvpVd4ug=",
    program="kubeconform",
    package="cmd/kubeconform",
)
_NAMES = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"


def conform(file: Path, *, unknown: Sequence[str] = ()) -> tuple[int, list[str]]:
    """How many resources were compared with the schema of their kind, and what is wrong, a line
    each. Kinds that are `unknown` are left out; any other that has no schema is wrong.

    NotInstalledError when the program or the schemas are not there."""
    done = subprocess.run(
        (KUBECONFORM.path(), "-strict", "-output", "json", "-summary", "-skip", ",".join(unknown),
         "-schema-location", f"{manifest_schemas()}/{_NAMES}", file),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    said = json.loads(done.stdout)
    wrong = [f"{one['kind']} {one['name']}: {one['msg']}" for one in said["resources"] or ()]
    return said["summary"]["valid"], wrong
