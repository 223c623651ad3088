"""JSON Schemas of the kinds that our manifests use: how they are had, and where they lie.

Kubernetes' own kinds come from the OpenAPI document in its Go module, those of KEDA, of the
Prometheus operator and of External Secrets from the definitions in theirs. Of each module a few
files are read; nothing of it is kept.
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once
from tests.support.services.programs import NotInstalledError
from tests.support.services.strict_schemas import Schemas, schemas_in_definition, schemas_in_openapi

KUBERNETES = "1.34.4"


@dataclass(frozen=True, slots=True)
class Module:
    """A Go module by path and version, the checksum that Go has of it, and the files in it."""

    path: str
    version: str
    sum: str
    files: tuple[str, ...]


MODULES = (
    Module(
        "k8s.io/kubernetes", KUBERNETES, "h1:Yy6R4QB8C9kJPp25GFqEvX5XQwY5qzKeqD0Xx6oAcmk=",
        ("api/openapi-spec/swagger.json",),
    ),
    Module(
        "github.com/kedacore/keda/v2", "2.17.2", "h1:xlrcK5TKABJF9PebK79sgL07s/csGjL3H4m72OkZXxk=",
        (
            "config/crd/bases/keda.sh_scaledobjects.yaml",
            "config/crd/bases/keda.sh_triggerauthentications.yaml",
        ),
    ),
    Module(
        "github.com/prometheus-operator/prometheus-operator", "0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        (
            "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
        ),
    ),
    Module(
        "github.com/external-secrets/external-secrets", "0.20.1",
        "h1:6dnPftnv0h9fHMXpFB534Kj+eAQOEmPwVqGyL3ICv2g=",
        (
            "config/crds/bases/external-secrets.io_externalsecrets.yaml",
            "config/crds/bases/external-secrets.io_secretstores.yaml",
        ),
    ),
)  # fmt: skip


def manifest_schemas() -> Path:
    """The folder, with `group/kind_version.json` in it. NotInstalledError when it is not there."""
    if not _folder().is_dir():
        raise NotInstalledError(f"the schemas of Kubernetes {KUBERNETES}")
    return _folder()


def manifest_schemas_recipe() -> recipes.Recipe:
    return recipes.Recipe(
        what=f"schemas of Kubernetes {KUBERNETES} and of three operators",
        services=("manifest-schemas",),
        is_there=_folder().is_dir,
        missing_tools=lambda: recipes._not_on_path("go"),
        install=_install,
        is_optional=True,
    )


def _folder() -> Path:
    versions = "-".join(module.version for module in MODULES)
    return cache_folder() / f"manifest-schemas-{versions}"


def _install() -> None:
    with filled_at_once(_folder()) as scratch:
        modules = scratch / "modules"
        for module in MODULES:
            for name, schema in _schemas_of(module, modules).items():
                file = scratch / name
                file.parent.mkdir(exist_ok=True)
                file.write_text(json.dumps(schema), encoding="utf-8")
        recipes._run("go", "clean", "-modcache", GOMODCACHE=str(modules))


def _schemas_of(module: Module, cache: Path) -> Schemas:
    said = json.loads(
        recipes._run(
            "go", "mod", "download", "-json", f"{module.path}@v{module.version}",
            GOMODCACHE=str(cache), GOFLAGS="-modcacherw",
        )
    )  # fmt: skip
    if said["Sum"] != module.sum:
        raise recipes.RecipeFailedError(f"{module.path} has the checksum {said['Sum']}")
    found: Schemas = {}
    with zipfile.ZipFile(said["Zip"]) as archive:
        for file in module.files:
            inside = f"{module.path}@v{module.version}/{file}"
            found |= _read(file, archive.read(inside).decode())
    return found


def _read(name: str, text: str) -> Schemas:
    if name.endswith(".json"):
        return schemas_in_openapi(json.loads(text))
    return schemas_in_definition(yaml.safe_load(text))
