"""What the catalog asks of a topic's configuration, in the broker's own words."""

from topics.catalog import Topic


def configuration_of(topic: Topic) -> dict[str, str]:
    """Names and values as the broker gives them back; the same in every deployment."""
    wanted = {
        "cleanup.policy": topic.cleanup,
        "max.message.bytes": str(topic.broker_limit_bytes),
    }
    if topic.cleanup == "delete":
        wanted["retention.ms"] = str(int(topic.retention.total_seconds() * 1000))
    return wanted
