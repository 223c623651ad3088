"""A topic of the catalog as a KafkaTopic, for Strimzi's topic operator; production's numbers."""

from typing import Final

from topics.catalog import Topic
from topics.topic_configuration import configuration_of

CLUSTER: Final = "image-analyzer"
PARTITIONS: Final = 24
REPLICAS: Final = 3
MIN_INSYNC_REPLICAS: Final = 2

_TEXT = """\
# Written by `python -m topics.manifests`: change topics/catalog.py instead.
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata:
  name: {name}
  labels:
    strimzi.io/cluster: {cluster}
spec:
  partitions: {partitions}
  replicas: {replicas}
  config:
{config}
"""


def topic_text(topic: Topic) -> str:
    """The whole file. Every name and value is a word or a number, so that nothing needs quotes."""
    config = configuration_of(topic) | {"min.insync.replicas": str(MIN_INSYNC_REPLICAS)}
    return _TEXT.format(
        name=topic.name,
        cluster=CLUSTER,
        partitions=1 if topic.single_partition else PARTITIONS,
        replicas=REPLICAS,
        config="\n".join(f"    {name}: {value}" for name, value in sorted(config.items())),
    )
