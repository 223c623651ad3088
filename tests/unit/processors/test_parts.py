"""Settings to parts: everything is made, nothing is connected to."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from outbound.errors import BlockedAddressError
from processors.detectors.port import Detector
from processors.parts import Parts, WorkerConfig, make_parts
from processors.settings import WorkerSettings
from storage.images_folder import FolderImageStore
from storage.settings import BucketSettings, PostgresSettings
from topics.settings import KafkaSettings


def config(tmp_path: Path, **worker: object) -> WorkerConfig:
    """Servers that are not there."""
    return WorkerConfig(
        kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1"),
        postgres=PostgresSettings(dsn=SecretStr("postgresql://nobody@127.0.0.1:1/nothing")),
        bucket=BucketSettings(folder=tmp_path / "images"),
        worker=WorkerSettings.model_validate({"preferred_model": "centernet-mbv3"} | worker),
    )


async def close(parts: Parts) -> None:
    await parts.client.aclose()
    await parts.pool.aclose()
    await parts.images.aclose()


async def test_a_process_without_detection_loads_no_model(tmp_path: Path) -> None:
    parts = make_parts(config(tmp_path), process="record", needs_detector=False)
    assert parts.detector is None
    assert isinstance(parts.images, FolderImageStore)
    assert parts.clock().tzinfo is not None
    await close(parts)


async def test_no_client_asks_the_service_itself(tmp_path: Path) -> None:
    ours = config(tmp_path, own_hosts=["analyzer.example"])
    parts = make_parts(ours, process="io", needs_detector=False, needs_webhooks=True)
    assert parts.webhook_client is not None
    with pytest.raises(BlockedAddressError, match="back to this service"):
        await parts.client.get("https://analyzer.example/")
    with pytest.raises(BlockedAddressError, match="back to this service"):
        await parts.webhook_client.post("https://analyzer.example/", b"", {})
    await parts.webhook_client.aclose()
    await close(parts)


async def test_the_preferred_model_is_the_one_that_runs(tmp_path: Path) -> None:
    parts = make_parts(config(tmp_path), process="detect", needs_detector=True)
    detector: Detector | None = parts.detector
    assert detector is not None
    assert detector.preferred.name == "centernet-mbv3"
    await detector.aclose()
    await close(parts)


async def test_a_model_that_is_not_in_the_catalog_is_refused(tmp_path: Path) -> None:
    wrong = config(tmp_path, preferred_model="no-such-model")
    with pytest.raises(ValueError, match="no-such-model"):
        make_parts(wrong, process="detect", needs_detector=True)
