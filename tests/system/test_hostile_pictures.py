"""Pictures of strangers through the whole product with a scanner: HTTP in, HTTP out."""

import hashlib
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.support.canary_pictures import canary_pictures
from tests.support.detector_children import detector_children, peak_bytes
from tests.support.eventually import eventually
from tests.support.hostile_corpus import CORPUS
from tests.support.hostile_images import encoded, gradient, png_of
from tests.support.product_processes import Product, describe_product
from tests.support.services.clamd import EICAR, Clamd
from tests.support.services.programs import NotInstalledError
from tests.support.services.stack import Stack
from tests.system.everything import everything_written
from tests.system.http_client import Answer, connected, upload
from tests.system.wire import wait_until_all

_MIB = 1024 * 1024


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, clamd: Clamd) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("hostile")
    scanned = {"detect": {"ANALYZER_SCANNER__ADDRESS": clamd.address}}
    try:
        with Stack.start(folder / "services") as stack:
            described = describe_product(stack, folder, own=scanned)
            try:
                described.start()
                yield described
            finally:
                described.stop()
    except NotInstalledError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


def outcome(answer: Answer) -> str | None:
    """The code of a refusal; None for a result."""
    if answer.status == 200:
        return None
    assert 400 <= answer.status < 500, answer
    return str(answer.body["code"])


async def test_each_has_its_answer_and_no_process_is_lost(product: Product) -> None:
    pids = [product.api.pid, product.detect.pid, product.io.pid]
    children = detector_children(product.detect.pid)
    assert children
    found = {}
    async with connected(product.base_url, product.api_key) as client:
        for name, case in CORPUS.items():
            found[name] = outcome(await upload(client, case.build(), prefer="wait=60"))
    assert found == {name: case.at_the_door or case.decoded for name, case in CORPUS.items()}
    assert [product.api.pid, product.detect.pid, product.io.pid] == pids
    assert detector_children(product.detect.pid) == children
    assert peak_bytes(product.api.pid) < 200 * _MIB
    assert max(peak_bytes(pid) for pid in children) < 768 * _MIB
    text = metrics_of(product)
    assert "analyzer_dead_letters_total{" not in text
    assert 'outcome="retried"' not in text


@pytest.mark.parametrize(
    "picture",
    [
        encoded(gradient(), "PNG") + EICAR,
        png_of(1, 1, pixels=bytes(4), before=((b"tEXt", b"Comment\0" + EICAR),)),
        encoded(gradient(), "JPEG", comment=EICAR),
    ],
    ids=["behind", "inside", "in a comment"],
)
async def test_malware_is_refused_and_its_object_is_gone(product: Product, picture: bytes) -> None:
    async with connected(product.base_url, product.api_key) as client:
        answer = await upload(client, picture, prefer="wait=60")
        assert (answer.status, answer.body["code"]) == (422, "malware_detected")
        assert answer.body["retryable"] is False
        assert "icar" not in str(answer.body)
        sha256 = hashlib.sha256(picture).hexdigest()
        await eventually(lambda: not objects_named(product, sha256))
        dsn = product.stack.postgres_dsn
        await wait_until_all(dsn, [answer.request_id], "failed", within_s=20)
        known = (await client.get(f"/api/v1/analyses/{answer.request_id}")).json()
    assert known["failure"]["code"] == "malware_detected"
    assert f'"sha256": "{sha256}"' in product.detect.log_file.read_text()
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT t::text FROM audit_events AS t WHERE t::text LIKE %s", (f"%{sha256}%",)
        ).fetchone()
    assert row is not None
    assert "malware.found" in str(row)


async def test_what_a_picture_tells_of_its_owner_is_told_to_nobody(product: Product) -> None:
    answers = []
    async with connected(product.base_url, product.api_key) as client:
        pictures = canary_pictures()
        for picture in pictures:
            name = picture.mark("file name")
            answers += await _upload_and_read(client, picture.data, name)
    told = await everything_written(product)
    told["answers"] = b"\n".join(answers)
    told["metrics"] = metrics_of(product).encode()
    seen = ("table analyses", "topic image-analyzed", "topic image-submitted", "log detect.log")
    assert all(b"system-test" in told[where] or b"image_analyzed" in told[where] for where in seen)
    marks = {f"{one.kind} {place}": mark for one in pictures for place, mark in one.marks.items()}
    assert len(marks) > 50
    leaks = [
        (place, where) for place, mark in marks.items() for where in told if mark in told[where]
    ]
    assert leaks == []
    turned = answers[0].replace(b" ", b"")
    assert b'"width":240' in turned, "the orientation was read all the same"


async def _upload_and_read(client: httpx.AsyncClient, picture: bytes, name: str) -> list[bytes]:
    answer = await client.post(
        "/api/v1/analyze/upload",
        files={"image": (f"{name}.jpg", picture, "image/jpeg")},
        headers={"Prefer": "wait=60"},
    )
    assert answer.status_code == 200
    known = await client.get(f"/api/v1/analyses/{answer.json()['request_id']}")
    return [one.content + str(one.headers).encode() for one in (answer, known)]


def metrics_of(product: Product) -> str:
    """Of the detector."""
    url = product.detect.ready_url.replace("/ready", "/metrics")
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback only
        return str(answer.read().decode())


def objects_named(product: Product, sha256: str) -> list[Path]:
    """The S3 server of the tests keeps objects as files."""
    return list((product.stack.s3.folder / "buckets").rglob(sha256))
