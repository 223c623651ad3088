"""A run through every door that takes a secret, with each of them noted, and what was answered."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer

from tests.integration.outbound.listener import Listener, ok, replies
from tests.support.guarded_product import Guarded
from tests.system.http_client import SAMPLES, upload

PICTURE = SAMPLES[0].read_bytes()
GONE = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
_SHOWN = {"/api/v1/auth/token", "/api/v1/auth/refresh", "/api/v1/keys"}
"""Where a secret is the answer, to whoever asks for it."""


class Doors:
    """`used` are the secrets by what they were, `answers` what came back beside those that were
    asked for, `ids` the requests that were accepted."""

    def __init__(self, guarded: Guarded) -> None:
        self.used: dict[str, str] = {}
        self.answers: dict[str, bytes] = {}
        self.ids: list[str] = []
        self._guarded = guarded

    def note(self, name: str, text: str) -> str:
        """A token is known by its signature, its head being that of any other."""
        self.used[name] = text.rpartition(".")[2]
        return text

    def made(self, name: str) -> str:
        return self.note(name, secrets.token_hex(16))

    @asynccontextmanager
    async def client(
        self, key: str | None = None, *, second: bool = False
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Of either API; all that it is answered is kept."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(
            base_url=self._guarded.base_urls[second], headers=headers, timeout=90,
            trust_env=False, event_hooks={"response": [self._keep]},
        ) as client:  # fmt: skip
            yield client

    async def _keep(self, answer: httpx.Response) -> None:
        content = await answer.aread()
        path = answer.request.url.path
        if answer.is_success and path in _SHOWN and answer.request.method == "POST":
            content = b""
        name = f"answer {len(self.answers)} {answer.request.method} {answer.status_code}"
        self.answers[name] = str(answer.headers).encode() + content

    async def all(self) -> None:
        admin = self.note("admin key", await asyncio.to_thread(self._guarded.admin_key))
        self.note("analyst key", self._guarded.product.api_key)
        token = await self.people(admin)
        await self.keys(admin)
        await self.work(token)
        await self.callback()
        await self.inbox()
        await self.strangers()
        await asyncio.to_thread(self.commands)

    async def keys(self, admin: str) -> None:
        async with self.client(admin) as boss:
            made = (await boss.post("/api/v1/keys", json={"name": "x", "role": "viewer"})).json()
            key = self.note("revoked key", made["key"])
            async with self.client(second=True) as other:
                for name in ("X-API-Key", "Authorization"):
                    sent = key if name == "X-API-Key" else f"Bearer {key}"
                    assert (await other.get("/api/v1/auth/me", headers={name: sent})).is_success
                await boss.delete(f"/api/v1/keys/{made['key_id']}")
                await other.get("/api/v1/auth/me", headers={"X-API-Key": key})

    async def people(self, admin: str) -> str:
        """The access token of somebody who has been through everything."""
        first, second, third = (self.made(f"{n} password") for n in ("first", "second", "third"))
        operators = self.made("password set by command")
        user = ("users", "create", "eve@system-test", "--password-file", "-")
        done = await asyncio.to_thread(self._guarded.command, *user, told=operators)
        assert done.returncode == 0, done.stderr
        async with self.client(admin) as boss, self.client() as ada:
            wish = {"username": "ada", "password": first, "role": "analyst"}
            user_id = (await boss.post("/api/v1/users", json=wish)).json()["user_id"]
            pair = await self._pair(ada, "ada", first)
            change = {"current_password": first, "new_password": second}
            headers = {"Authorization": f"Bearer {pair['access_token']}"}
            wrong = change | {"current_password": self.made("wrong present password")}
            path = "/api/v1/users/me/password"
            assert (await ada.post(path, json=wrong, headers=headers)).status_code == 422
            assert (await ada.post(path, json=change, headers=headers)).status_code == 204
            await boss.patch(f"/api/v1/users/{user_id}", json={"password": third})
            await self._wrong_logins(ada)
            return await self._exchanges(ada, await self._pair(ada, "ada", third))

    async def _pair(self, client: httpx.AsyncClient, name: str, password: str) -> dict[str, str]:
        body = {"username": f"{name}@system-test", "password": password}
        answer = await client.post("/api/v1/auth/token", json=body)
        assert answer.status_code == 200, answer.text
        return self._noted(answer)

    def _noted(self, answer: httpx.Response) -> dict[str, str]:
        pair: dict[str, str] = answer.json()
        for name in ("access_token", "refresh_token"):
            self.note(f"{name} {len(self.used)}", pair[name])
        return pair

    async def _wrong_logins(self, client: httpx.AsyncClient) -> None:
        typed = self.made("password typed as a name")
        for username in ("ada@system-test", "nobody@system-test", typed, f"{typed}@system-test"):
            body = {
                "username": username,
                "password": self.made(f"wrong password of {username[:4]}"),
            }
            for _ in range(2):
                assert (await client.post("/api/v1/auth/token", json=body)).status_code == 401
        for _ in range(7):
            throttled = await client.post("/api/v1/auth/token", json=body)
        assert throttled.status_code == 429

    async def _exchanges(self, client: httpx.AsyncClient, pair: dict[str, str]) -> str:
        refresh = {"refresh_token": pair["refresh_token"]}
        second = self._noted(await client.post("/api/v1/auth/refresh", json=refresh))
        assert (await client.post("/api/v1/auth/refresh", json=refresh)).status_code == 401
        await client.post("/api/v1/auth/revoke", json={"token": second["access_token"]})
        headers = {"Authorization": f"Bearer {second['access_token']}"}
        await client.get("/api/v1/auth/me", headers=headers)
        password = self.used["third password"]
        return (await self._pair(client, "ada", password))["access_token"]

    async def work(self, token: str) -> None:
        named = {"Idempotency-Key": "order-17", "Prefer": "wait=60"}
        async with (
            self.client(token, second=True) as client,
            Listener(ok(PICTURE)) as gallery,
            Listener(replies(GONE)) as closed,
        ):
            self.ids += [(await upload(client, PICTURE, prefer="wait=60")).request_id]
            await upload(client, b"no picture", prefer="wait=60")
            signed = self.made("token of an address")
            address = f"http://127.0.0.1:{gallery.port}/a.jpg?X-Amz-Signature={signed}&x=1"
            for _ in range(2):
                body = {"image_url": address}
                answer = await client.post("/api/v1/analyze/url", json=body, headers=named)
                assert answer.status_code == 200, answer.text
            self.ids.append(answer.json()["request_id"])
            assert any(signed.encode() in one for one in gallery.requests)
            signed = self.made("token of an address that failed")
            body = {"image_url": f"http://127.0.0.1:{closed.port}/b.jpg?sig={signed}"}
            failed = await client.post(
                "/api/v1/analyze/url", json=body, headers={"Prefer": "wait=60"}
            )
            assert failed.status_code == 422, failed.text
            for refused in ("http://169.254.169.254/x?sig={}", "http://ada:{}@example.com/x",
                            "ftp://example.com/{}", "http://exa mple/?sig={}"):  # fmt: skip
                secret = self.made(f"token in {refused}")
                body = {"image_url": refused.format(secret)}
                assert (await client.post("/api/v1/analyze/url", json=body)).status_code == 422
            for request_id in self.ids:
                assert (await client.get(f"/api/v1/analyses/{request_id}")).status_code == 200

    async def callback(self) -> None:
        """A delivery, signed, to an address with a token in it."""
        rotate = ("webhooks", "secret", "rotate", "--tenant", "system-test")
        done = await asyncio.to_thread(self._guarded.command, *rotate)
        assert done.returncode == 0, done.stderr
        (shown,) = [word for word in done.stdout.split() if word.startswith("whsec_")]
        self.note("webhook secret", shown.removeprefix("whsec_"))
        token = self.made("token of a callback")
        async with self.client(self._guarded.product.api_key) as client, Listener(ok(b"")) as hook:
            url = f"http://127.0.0.1:{hook.port}/hook?token={token}"
            answer = await upload(client, PICTURE, prefer="wait=60", callback_url=url)
            assert answer.status == 200, answer
            async with asyncio.timeout(60):
                while not hook.requests:  # noqa: ASYNC110 - the listener does not notify
                    await asyncio.sleep(0.05)
            for _ in range(2):  # now it is in the cache too
                await client.get(f"/api/v1/analyses/{answer.request_id}")
        assert token.encode() in hook.requests[0]
        assert b"webhook-signature: v1," in hook.requests[0].lower()
        self.ids.append(answer.request_id)

    async def inbox(self) -> None:
        """A producer's key travels in the inbox and no further; so does one that is none."""
        stranger = f"aia_{self.made('key of a strange producer')}"
        servers = self._guarded.product.stack.kafka_bootstrap_servers
        async with Listener(ok(PICTURE)) as gallery:
            producer = AIOKafkaProducer(bootstrap_servers=servers)
            await producer.start()
            try:
                for who, key in (("us", self._guarded.product.api_key), ("nobody", stranger)):
                    signed = self.made(f"token of an address by Kafka from {who}")
                    url = f"http://127.0.0.1:{gallery.port}/c.jpg?sig={signed}"
                    await _send(producer, key, url)
            finally:
                await producer.stop()
            async with asyncio.timeout(60):
                while not gallery.requests:  # noqa: ASYNC110 - the listener does not notify
                    await asyncio.sleep(0.05)

    async def strangers(self) -> None:
        """Credentials where none belong, and bodies that are none."""
        async with self.client(second=True) as client:
            key = f"aia_{self.made('guessed key')}"
            for headers in (
                {"Authorization": f"Bearer {key}"}, {"X-API-Key": key},
                {"Authorization": f"Basic {key}"}, {"Cookie": f"session={key}"},
            ):  # fmt: skip
                for path in ("/api/v1/keys", f"/api/v1/analyses/{key}", f"/{key}", f"/docs/{key}"):
                    await client.get(path, headers=headers)
            await client.get(f"/api/v1/events?token={key}")
            await client.get("/health", headers={"traceparent": key, "User-Agent": key})
            secret = self.made("password in a broken body")
            for content in (
                f'{{"password": "{secret}"', f'{{"username": {secret}}}', f'["{secret}"]',
                f'{{"username": "x", "password": ["{secret}"]}}',
            ):  # fmt: skip
                sent = {"Content-Type": "application/json"}
                for path in ("token", "refresh", "revoke"):
                    await client.post(f"/api/v1/auth/{path}", content=content, headers=sent)

    def commands(self) -> None:
        picture = str(SAMPLES[0])
        for arguments in (
            ("submit", picture, "--url", self._guarded.base_urls[0]),
            ("produce", picture, "--tenant", "system-test", "--url", self._guarded.base_urls[0]),
            ("audit", "list"), ("dlq", "list"), ("users", "list", "--tenant", "system-test"),
            ("keys", "list", "--tenant", "system-test"),
        ):  # fmt: skip
            done = self._guarded.command(*arguments)
            assert done.returncode == 0, done.stderr
            said = (done.stdout + done.stderr).encode()
            self.answers[f"command {' '.join(arguments[:2])}"] = said


async def _send(producer: AIOKafkaProducer, key: str, url: str) -> None:
    topic, request_id = "image-requested-inbox", str(uuid4())
    headers = {
        "ce_specversion": "1.0", "ce_id": request_id, "ce_source": "/shop",
        "ce_type": f"io.imageanalyzer.{topic}.v1", "content-type": "application/json",
        "ce_subject": f"system-test/{request_id}", "authorization": f"Bearer {key}",
    }  # fmt: skip
    await producer.send_and_wait(
        topic, json.dumps({"request_id": request_id, "image_url": url}).encode(),
        headers=[(name, text.encode()) for name, text in headers.items()],
    )  # fmt: skip
