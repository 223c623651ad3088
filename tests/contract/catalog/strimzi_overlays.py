"""What Kustomize makes of the overlays; each is built once."""

import os
from functools import cache

import pytest
import yaml

from tests.contract.catalog.strimzi_files import FOLDER, Manifest
from tests.support.services.kustomize import kustomize_build
from tests.support.services.programs import NotInstalledError

OVERLAYS = ("production", "development")


@cache
def built(overlay: str) -> str:
    """The YAML of all resources; without Kustomize a skip, but a failure in CI."""
    try:
        return kustomize_build(FOLDER / overlay)
    except NotInstalledError as error:
        missing = str(error)
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


@cache
def parsed(overlay: str) -> tuple[Manifest, ...]:
    """All resources; shared by the tests, so nobody changes them."""
    return tuple(yaml.safe_load_all(built(overlay)))
