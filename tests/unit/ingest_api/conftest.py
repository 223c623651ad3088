"""A running API on twins, and a client of the tenant `acme`."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ingest_api.settings import ApiSettings
from tests.unit.ingest_api.twin_api import TwinApi


@pytest.fixture
def settings() -> ApiSettings:
    """The published defaults; a module of tests may override them."""
    return ApiSettings()


@pytest.fixture
async def api(settings: ApiSettings) -> AsyncIterator[TwinApi]:
    async with TwinApi(settings).running() as twin:
        yield twin


@pytest.fixture
async def client(api: TwinApi) -> AsyncIterator[httpx.AsyncClient]:
    async with api.client() as http:
        yield http
