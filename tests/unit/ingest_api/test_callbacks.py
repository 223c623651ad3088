"""`callback_url` at both doors of the API: checked before anything is stored."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import httpx
import pytest
from pydantic import SecretStr

from ingest_api.settings import ApiSettings
from outbound.callbacks import CallbackRules, callback_rules
from outbound.settings import WebhookSettings
from storage.audit import Action
from storage.audit_events import AuditQuery
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi

UPLOAD, URL = "/api/v1/analyze/upload", "/api/v1/analyze/url"
HOOK = "https://Hooks.Example:443/in?id=7#x"
REFUSED = "address_not_allowed"
NORMAL = "https://hooks.example/in?id=7"


@pytest.fixture
async def told(settings: ApiSettings) -> AsyncIterator[TwinApi]:
    """An API that takes callbacks."""
    async with TwinApi(settings, callbacks=CallbackRules(is_on=True)).running() as twin:
        yield twin


async def ask(client: httpx.AsyncClient, door: str, callback: object) -> httpx.Response:
    if door == URL:
        body = {"image_url": "https://example.com/a.jpg", "callback_url": callback}
        return await client.post(URL, json=body, headers=ASYNC)
    return await client.post(
        UPLOAD, files={"image": picture()}, data={"callback_url": str(callback)}, headers=ASYNC
    )


@pytest.mark.parametrize("door", [UPLOAD, URL])
async def test_it_is_kept_as_it_will_be_called(told: TwinApi, door: str) -> None:
    async with told.client() as client:
        assert (await ask(client, door, HOOK)).status_code == 202
    (row,) = told.analyses.requests
    assert row.options.callback_url == NORMAL


@pytest.mark.parametrize("door", [UPLOAD, URL])
async def test_without_a_secret_to_sign_with_it_is_refused(
    api: TwinApi, client: httpx.AsyncClient, door: str
) -> None:
    body = problem_of(await ask(client, door, HOOK), 422, "webhooks_off")
    assert body["field"] == "callback_url"
    assert api.is_empty


@pytest.mark.parametrize("door", [UPLOAD, URL])
@pytest.mark.parametrize(
    ("callback", "code"),
    [
        ("http://hooks.example/", "invalid_url"),
        ("ftp://hooks.example/", "invalid_url"),
        ("hooks.example", "invalid_url"),
        ("https://hooks.example/a b", "invalid_url"),
        ("https://user:secret@hooks.example/", "address_not_allowed"),
        ("https://127.0.0.1/", "address_not_allowed"),
        ("https://169.254.169.254/", "address_not_allowed"),
        ("https://2130706433/", "address_not_allowed"),
        ("https://localhost/", "address_not_allowed"),
        ("https://hooks.example:8443/", "address_not_allowed"),
        ("https://hooks.example/" + "a" * 2048, "invalid_option"),
        ("", "invalid_option"),
    ],
)
async def test_what_may_not_be_called_is_refused(
    told: TwinApi, door: str, callback: str, code: str
) -> None:
    async with told.client() as client:
        body = problem_of(await ask(client, door, callback), 422, code)
    assert body["field"] == "callback_url"
    assert "secret" not in str(body)
    assert told.is_empty


@pytest.mark.parametrize("callback", [7, True, ["https://hooks.example/"], {}])
async def test_what_is_no_text_is_refused(told: TwinApi, callback: object) -> None:
    async with told.client() as client:
        problem_of(await ask(client, URL, callback), 422, "invalid_option")


async def test_a_blocked_address_is_audited_by_its_host(told: TwinApi) -> None:
    async with told.client() as client:
        await ask(client, URL, "https://127.0.0.1/token")
    (entry,) = await told.audit.find(AuditQuery(action=Action.ADDRESS_BLOCKED))
    assert entry.event.details["host"] == "127.0.0.1"


async def test_a_null_asks_for_none(api: TwinApi, client: httpx.AsyncClient) -> None:
    assert (await ask(client, URL, None)).status_code == 202
    (row,) = api.analyses.requests
    assert row.options.callback_url is None


async def test_http_and_private_networks_are_an_operators_choice(settings: ApiSettings) -> None:
    rules = CallbackRules(is_on=True, allow_http=True, allow_networks=(ip_network("127.0.0.0/8"),))
    async with TwinApi(settings, callbacks=rules).running() as twin, twin.client() as client:
        assert (await ask(client, URL, "http://127.0.0.1:9000/")).status_code == 202


@pytest.mark.parametrize("door", [UPLOAD, URL])
async def test_the_service_itself_is_not_called(door: str) -> None:
    settings = ApiSettings(public_url="https://analyzer.example", allowed_hosts=("api",))
    webhooks = WebhookSettings(master_secret=SecretStr("x" * 40))
    rules = callback_rules(webhooks, (), settings.own_hosts)
    async with TwinApi(settings, callbacks=rules).running() as twin, twin.client() as client:
        for host in ("analyzer.example", "api"):
            body = problem_of(await ask(client, door, f"https://{host}/"), 422, REFUSED)
            assert body["field"] == "callback_url"
        assert twin.is_empty


async def test_a_key_stands_for_one_callback(told: TwinApi) -> None:
    async with told.client() as client:
        client.headers["Idempotency-Key"] = "k"
        assert (await ask(client, URL, HOOK)).status_code == 202
        assert (await ask(client, URL, NORMAL)).headers["idempotency-replayed"] == "true"
        problem_of(await ask(client, URL, "https://other.example/"), 422, "idempotency_key_reused")
