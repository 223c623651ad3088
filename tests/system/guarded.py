"""The fixture of tests that need the product as a careful operator has it."""

import os
from collections.abc import Iterator

import pytest

from tests.support.guarded_product import Guarded, guarded_product
from tests.support.services.programs import NotInstalledError
from tests.support.services.stack import Stack


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """With servers of its own: a test may stop them."""
    folder = tmp_path_factory.mktemp("guarded")
    try:
        with Stack.start(folder / "services") as stack, guarded_product(stack, folder) as product:
            yield product
    except NotInstalledError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
