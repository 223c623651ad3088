"""Catalog and KafkaTopics say the same, and no topic is left over on either side."""

import shutil
from pathlib import Path

import pytest

from tests.contract.catalog.strimzi_files import FOLDER, files_in, listed, read
from topics import manifests
from topics.catalog import ALL, CONSUMED, Topic

EACH = pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)
HOUR_MS = 3_600_000


def test_what_is_committed_is_what_the_generator_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert manifests.stale() == []
    assert manifests.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_a_file_that_differs_is_missing_or_is_of_no_topic_is_named(tmp_path: Path) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / "strimzi")
    (copy / "topics" / "image-adopted.yaml").touch()
    (copy / "topics" / "image-analyzed.yaml").unlink()
    (copy / "topics" / "log-identity.yaml").write_text("spec: {partitions: 2}\n")
    (copy / "topics" / "kustomization.yaml").unlink()
    (copy / "users" / "api.yaml").write_text("")
    (copy / "users" / "producer-shop.yaml").touch()  # of somebody outside: not the generator's
    assert manifests.stale(copy) == [
        "topics/image-adopted.yaml",
        "topics/image-analyzed.yaml",
        "topics/kustomization.yaml",
        "topics/log-identity.yaml",
        "users/api.yaml",
    ]


def test_topics_files_and_the_list_of_them_name_the_same() -> None:
    names = {f"{topic.name}.yaml" for topic in ALL}
    assert {path.name for path in files_in("topics")} == names
    assert sorted(listed("topics")) == sorted(names)


def test_what_is_consumed_has_its_retry_and_dead_letter_topics() -> None:
    named = {path.stem for path in files_in("topics")}
    letters = {name for name in named if name.endswith("-dlq")}
    retries = {name for name in named if name.endswith("-retry")}
    assert letters == {f"{topic.name}-dlq" for topic in CONSUMED}
    assert retries == {f"{topic.name}-retry" for topic in CONSUMED if topic.has_retry}


@EACH
def test_a_topic_is_as_the_catalog_has_it(topic: Topic) -> None:
    manifest = read(FOLDER / "topics" / f"{topic.name}.yaml")
    hours = round(topic.retention.total_seconds() / 3600)
    retention = {} if topic.cleanup == "compact" else {"retention.ms": hours * HOUR_MS}
    assert manifest == {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {"name": topic.name, "labels": {"strimzi.io/cluster": "image-analyzer"}},
        "spec": {
            "partitions": 1 if topic.single_partition else 24,
            "replicas": 3,
            "config": {
                "cleanup.policy": topic.cleanup,
                "max.message.bytes": topic.broker_limit_bytes,
                "min.insync.replicas": 2,
                **retention,
            },
        },
    }


def test_the_cluster_takes_the_largest_record_and_makes_no_topic_by_itself() -> None:
    config = read(FOLDER / "base" / "kafka.yaml")["spec"]["kafka"]["config"]
    largest = max(topic.broker_limit_bytes for topic in ALL)
    assert config["message.max.bytes"] == config["replica.fetch.max.bytes"] == largest
    assert config["auto.create.topics.enable"] is False
