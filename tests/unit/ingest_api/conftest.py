"""A running API on twins, and a client of the tenant `acme`."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ingest_api.limit_settings import Limits
from ingest_api.settings import ApiSettings
from tests.unit.ingest_api.twin_api import TwinApi


@pytest.fixture
def settings() -> ApiSettings:
    """The published defaults, with metrics; a module of tests may override them."""
    return ApiSettings(metrics_for="everybody")


@pytest.fixture
def limits() -> Limits:
    """The published defaults; a module of tests may override them."""
    return Limits()


@pytest.fixture
async def api(settings: ApiSettings, limits: Limits) -> AsyncIterator[TwinApi]:
    async with TwinApi(settings, limits=limits).running() as twin:
        yield twin


@pytest.fixture
async def client(api: TwinApi) -> AsyncIterator[httpx.AsyncClient]:
    async with api.client() as http:
        yield http
