"""The product on real servers of its own, started once for all system tests that want it."""

import os
from collections.abc import Iterator

import pytest

from tests.support.product_processes import Product, describe_product
from tests.support.services.programs import NotInstalledError
from tests.support.services.stack import Stack


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("system")
    try:
        with Stack.start(folder / "services") as stack:
            described = describe_product(stack, folder)
            try:
                described.start()
                yield described
            finally:
                described.stop()
    except NotInstalledError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
