"""Passwords of one account are tried a few times, then seldom; and nobody learns who is there."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from ingest_api.account_names import AccountNames
from ingest_api.limit_settings import AddressLimits, Limits
from ingest_api.settings import ApiSettings
from storage.audit_events import Action, AuditQuery
from storage.errors import StoreUnavailableError
from storage.login_attempts import Attempt, Patience
from storage.login_attempts_memory import MemoryAttemptStore
from storage.users import User, UserChanges
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.signing import (
    AUTH,
    ED25519,
    OTHER_ED25519,
    PASSWORD,
    enrol,
    log_in,
    pem,
)
from tests.unit.ingest_api.twin_api import TwinApi

WRONG = "a wrong password"
Client = Callable[[str], httpx.AsyncClient]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Attempts(MemoryAttemptStore):
    """On a clock that the test moves; `is_down` as Redis is."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.is_down = False
        self.seen: list[Attempt] = []
        super().__init__(clock=self.clock)

    async def begin(self, attempt: Attempt, patience: Patience) -> int:
        if self.is_down:
            raise StoreUnavailableError("redis", "switched off by the test")
        self.seen.append(attempt)
        return await super().begin(attempt, patience)

    async def succeed(self, attempt: Attempt) -> None:
        if self.is_down:
            raise StoreUnavailableError("redis", "switched off by the test")
        await super().succeed(attempt)


class ThrottledApi(TwinApi):
    def __init__(self) -> None:
        self.counted = Attempts()
        many = Limits(addresses=AddressLimits(login_per_minute=1000))
        super().__init__(ApiSettings(), limits=many, auth=AUTH)

    def client_at(self, address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url="http://api")

    def make_attempts(self) -> Attempts:
        return self.counted


@pytest.fixture
async def api() -> AsyncIterator[ThrottledApi]:
    async with ThrottledApi().running() as twin:
        assert isinstance(twin, ThrottledApi)
        yield twin


@pytest.fixture
async def alice(api: ThrottledApi) -> User:
    return await enrol(api)


@pytest.fixture
async def home(api: ThrottledApi) -> AsyncIterator[httpx.AsyncClient]:
    async with api.client_at("203.0.113.7") as client:
        yield client


async def guess(client: httpx.AsyncClient, username: str, times: int) -> list[int]:
    return [(await log_in(client, username, WRONG)).status_code for _ in range(times)]


@pytest.mark.usefixtures("alice")
async def test_after_five_guesses_even_the_right_password_must_wait(
    api: ThrottledApi, home: httpx.AsyncClient
) -> None:
    assert await guess(home, "alice@acme", 5) == [401] * 5
    answer = await log_in(home)
    assert problem_of(answer, 429, "rate_limited")["field"] == "account"
    assert answer.headers["retry-after"] == "1"
    api.counted.clock.now += 1
    assert (await log_in(home)).status_code == 200
    assert await guess(home, "alice@acme", 5) == [401] * 5, "a success forgets the guesses"


@pytest.mark.usefixtures("alice")
async def test_the_wait_is_true_to_the_second_and_never_longer_than_said(
    api: ThrottledApi, home: httpx.AsyncClient
) -> None:
    await guess(home, "alice@acme", 5)
    waited = []
    for _ in range(12):
        answer = await log_in(home, password=WRONG)
        waited.append(int(answer.headers["retry-after"]))
        api.counted.clock.now += waited[-1] - 0.5
        assert (await log_in(home, password=WRONG)).status_code == 429
        api.counted.clock.now += 0.5
        assert (await log_in(home, password=WRONG)).status_code == 401
    assert waited == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


async def test_who_is_there_and_who_is_not_answer_alike(
    api: ThrottledApi, home: httpx.AsyncClient, alice: User
) -> None:
    bob = await enrol(api, "bob")
    await api.users.change_user("acme", bob.user_id, UserChanges(is_disabled=True))
    answers = []
    for username in (alice.login, bob.login, "nobody@acme", "nobody", "x@nowhere"):
        each = [await log_in(home, username, WRONG) for _ in range(6)]
        answers.append([problem_of(one, one.status_code, one.json()["code"]) for one in each])
    for said in answers:
        for body in said:
            del body["trace_id"]
    assert all(said == answers[0] for said in answers)


@pytest.mark.usefixtures("alice")
async def test_an_attacker_does_not_keep_out_who_comes_from_where_they_always_come_from(
    api: ThrottledApi, home: httpx.AsyncClient
) -> None:
    assert (await log_in(home)).status_code == 200
    for number in range(9):
        async with api.client_at(f"198.51.100.{number}") as bot:
            await guess(bot, "alice@acme", 1)
    async with api.client_at("192.0.2.1") as hotel:
        assert (await log_in(hotel)).status_code == 429
    assert (await log_in(home)).status_code == 200


@pytest.mark.usefixtures("alice")
async def test_without_the_count_nobody_tries(api: ThrottledApi, home: httpx.AsyncClient) -> None:
    api.counted.is_down = True
    problem_of(await log_in(home), 503, "dependency_unavailable")


async def test_the_store_learns_no_name(api: ThrottledApi, home: httpx.AsyncClient) -> None:
    await guess(home, "hunter2-is-my-password", 1)
    (attempt,) = api.counted.seen
    assert "hunter2" not in repr(attempt)
    assert "203.0.113.7" not in repr(attempt)
    digest = AccountNames(pem(ED25519)).digest("hunter2-is-my-password")
    assert attempt.account == digest
    assert AccountNames(pem(OTHER_ED25519)).digest("hunter2-is-my-password") != digest


async def test_the_audit_log_has_the_account_or_a_digest_and_never_what_was_typed(
    api: ThrottledApi, home: httpx.AsyncClient, alice: User
) -> None:
    typed = "my-password-in-the-wrong-field"
    for username in (alice.login, typed, typed, typed + "@acme"):
        await guess(home, username, 1)
    noted = await api.audit.find(AuditQuery(action=Action.LOGIN_FAILED))
    targets = [entry.event.target for entry in noted]
    assert targets[0] == f"user_{alice.user_id}"
    assert targets[1] == targets[2] != targets[3]
    assert all(target.startswith("unknown_") and len(target) == 24 for target in targets[1:])
    assert typed not in repr(noted)


@pytest.mark.usefixtures("alice")
async def test_a_refusal_is_counted_and_noted(api: ThrottledApi, home: httpx.AsyncClient) -> None:
    await guess(home, "alice@acme", 6)
    (entry,) = await api.audit.find(AuditQuery(action=Action.LIMIT_HIT))
    assert (entry.event.target, entry.event.address) == ("account", "203.0.113.7")
    assert "alice" not in repr(entry)
    labels = {"limit": "account", "decision": "refused"}
    name = "analyzer_limiter_decisions_total"
    assert api.metrics.registry.get_sample_value(name, labels) == 1
    assert PASSWORD not in repr(entry)
