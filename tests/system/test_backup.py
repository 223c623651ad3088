"""A backup under load, the loss of database and bucket, and what comes back."""

import asyncio
import hashlib
import subprocess
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.support.product_processes import Product
from tests.support.services import programs
from tests.support.services.programs import NotInstalledError
from tests.system.backups import (
    command,
    failures,
    lose_everything_but_the_log,
    pictures_in,
    results,
    run_script,
)
from tests.system.http_client import SAMPLES, Answer, connected, upload, upload_many
from tests.system.wire import results_of, states, wait_until_all

pytestmark = pytest.mark.slow

_EACH = 20


@pytest.fixture
def whole(product: Product) -> Product:
    try:
        programs.rclone()
    except NotInstalledError as error:
        pytest.skip(str(error))
    return product


async def test_what_was_accepted_before_a_backup_has_its_one_outcome_after_the_restore(
    whole: Product, tmp_path: Path
) -> None:
    """And what was accepted later has one as well, as far as the log still knows of it: its
    pictures are gone."""
    product, dsn, folder = whole, whole.stack.postgres_dsn, tmp_path / "backup"
    async with connected(product.base_url, product.api_key) as client:
        done = _ids(await upload_many(client, _EACH, clients=5, prefer="wait=60"))
        await asyncio.to_thread(product.detect.stop)
        waiting = _ids(await upload_many(client, _EACH, clients=5, prefer="respond-async"))
        backed_up, during = await _under_load(client, product, folder)
        assert backed_up.returncode == 0, backed_up.stderr
        product.detect.start()
        await wait_until_all(dsn, [*done, *waiting, *during], "completed", within_s=120)
        await asyncio.to_thread(product.detect.stop)
        before = await asyncio.to_thread(results, dsn)
        later = _ids(await upload_many(client, _EACH, clients=5, prefer="respond-async"))

    for process in (product.api, product.io):
        await asyncio.to_thread(process.kill)
    lose_everything_but_the_log(product.stack)
    restored = await asyncio.to_thread(run_script, "restore.sh", folder, product.stack)
    assert restored.returncode == 0, restored.stderr
    assert set(await asyncio.to_thread(results, dsn)) >= {*done, *waiting}
    assert "no topic holds them: keys" in await asyncio.to_thread(command, product, "rebuild")
    known = await asyncio.to_thread(results, dsn)
    assert {each: known[each] for each in before} == before

    await asyncio.to_thread(product.start)
    everything = [*done, *waiting, *during, *later]
    await _until_none_is_unfinished(dsn, everything)
    assert states(dsn, everything) == {
        "completed": len([*done, *waiting, *during]),
        "failed": len(later),
    }
    assert {failures(dsn)[each] for each in later} == {"object_missing"}
    told = await results_of(product.stack.kafka_bootstrap_servers, everything)
    assert Counter(body["request_id"] for _, body in told) == Counter([*done, *waiting, *during])
    for each in (*done, *waiting):
        _assert_has_its_picture(product, each)


async def test_nothing_is_restored_over_what_is_there(whole: Product, tmp_path: Path) -> None:
    folder, stack = tmp_path / "backup", whole.stack
    before = await asyncio.to_thread(results, stack.postgres_dsn)
    missing = await asyncio.to_thread(run_script, "restore.sh", folder, stack)
    assert missing.returncode == 1
    assert "there is no whole backup in" in missing.stderr
    made = await asyncio.to_thread(run_script, "backup.sh", folder, stack)
    assert made.returncode == 0, made.stderr
    again = await asyncio.to_thread(run_script, "backup.sh", folder, stack)
    assert "there is a backup in" in again.stderr
    refused = await asyncio.to_thread(run_script, "restore.sh", folder, stack)
    assert refused.returncode == 1
    assert "is not empty; nothing was changed" in refused.stderr
    assert await asyncio.to_thread(results, stack.postgres_dsn) == before


async def _under_load(
    client: httpx.AsyncClient, product: Product, folder: Path
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """The backup, and what was accepted while it was made."""
    backup = asyncio.create_task(asyncio.to_thread(run_script, "backup.sh", folder, product.stack))
    accepted: list[str] = []
    while not backup.done():
        picture = SAMPLES[len(accepted) % len(SAMPLES)].read_bytes()
        answer = await upload(client, picture, prefer="respond-async")
        assert answer.status == 202
        accepted.append(answer.request_id)
    return await backup, accepted


async def _until_none_is_unfinished(dsn: str, ids: list[str]) -> None:
    async with asyncio.timeout(120):
        while "accepted" in await asyncio.to_thread(states, dsn, ids):  # noqa: ASYNC110 - rows cannot notify
            await asyncio.sleep(0.25)


def _assert_has_its_picture(product: Product, request_id: str) -> None:
    [picture] = (pictures_in(product.stack) / "system-test" / request_id).iterdir()
    assert hashlib.sha256(picture.read_bytes()).hexdigest() == picture.name


def _ids(answers: list[Answer]) -> list[str]:
    return [answer.request_id for answer in answers]
