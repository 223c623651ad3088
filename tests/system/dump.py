"""All that is left of a run, as bytes to look through: stores, logs, pages, processes, files."""

import subprocess
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

from minio import Minio
from redis import Redis

from tests.support.guarded_product import Guarded
from tests.support.process_tree import descendants
from tests.support.services.programs import postgres_program
from tests.system.everything import records_of

PAGES = ("/health", "/ready", "/metrics", "/docs", "/openapi.json", "/asyncapi.json", "/asyncapi",
         "/.well-known/jwks.json", "/nowhere", "/api/v1/analyses/x", "/api/v1/keys")  # fmt: skip


async def of_stores(guarded: Guarded) -> dict[str, bytes]:
    """Every row and definition of PostgreSQL, key and value of Redis, name and metadata of the
    bucket, record of Kafka."""
    stack = guarded.product.stack
    return {
        "PostgreSQL": _postgres(stack.postgres_dsn),
        "Redis": _redis(stack.redis_url),
        "bucket": _bucket(guarded),
        **await records_of(stack.kafka_bootstrap_servers),
    }


def of_processes(guarded: Guarded) -> dict[str, bytes]:
    """Logs, arguments, environments and temporary files."""
    found = {}
    for process in guarded.processes:
        found[f"log of {process.name}"] = process.log_file.read_bytes()
        for pid in (process.pid, *descendants(process.pid)):
            found[f"arguments of {process.name} {pid}"] = _proc(pid, "cmdline")
            found[f"environment of {process.name} {pid}"] = _proc(pid, "environ")
    for file in guarded.temporary.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        found[f"temporary {file.name}"] = str(file).encode() + b"\n" + content
    return found


def of_pages(guarded: Guarded, key: str | None = None) -> dict[str, bytes]:
    """What every process says to whoever asks, with a credential and without."""
    found = {}
    for process in guarded.processes:
        base = process.ready_url.removesuffix("/ready")
        for path in PAGES:
            found[f"{process.name} {path}"] = _page(base + path, key)
        if process.name.endswith("api"):
            metrics = process.environment["ANALYZER_METRICS__PORT"]
            found[f"{process.name} metrics"] = _page(f"http://127.0.0.1:{metrics}/metrics", None)
    return found


def _postgres(dsn: str) -> bytes:
    command = (str(postgres_program("pg_dump")), "--dbname", dsn)
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


def _redis(url: str) -> bytes:
    readers = {b"string": "get", b"hash": "hgetall", b"list": "lrange", b"set": "smembers"}
    found = []
    with Redis.from_url(url) as client:
        for key in client.scan_iter("*"):
            kind = client.type(key)
            more = (0, -1) if kind == b"list" else ()
            value = getattr(client, readers[kind])(key, *more)
            found += [key, value if isinstance(value, bytes) else repr(value).encode()]
    return b"\n".join(found)


def _bucket(guarded: Guarded) -> bytes:
    stack = guarded.product.stack
    client = Minio(
        stack.s3_endpoint.removeprefix("http://"), access_key=stack.s3_access_key,
        secret_key=stack.s3_secret_key, secure=False,
    )  # fmt: skip
    names = [bucket.name for bucket in client.list_buckets()]
    found = [repr(names)]
    for name in names:
        for item in client.list_objects(name, recursive=True):
            stat = client.stat_object(name, str(item.object_name))
            found.append(f"{item.object_name} {stat.content_type} {dict(stat.metadata or {})}")
    return "\n".join(found).encode()


def _proc(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it has ended
        return b""


def _page(url: str, key: str | None) -> bytes:
    """Head and body of the answer, of whatever status."""
    request = urllib.request.Request(url)  # noqa: S310 - loopback only
    if key is not None:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return _whole(answer)
    except urllib.error.HTTPError as answer:
        with answer:
            return _whole(answer)


def _whole(answer: HTTPResponse | urllib.error.HTTPError) -> bytes:
    content: bytes = answer.read()
    return bytes(answer.headers) + content
