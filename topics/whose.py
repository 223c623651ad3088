"""Which request a record is about, for the lines of the log."""

from topics.catalog import Topic
from topics.records import Record

_LONGEST = 200


def names_of(record: Record, topic: Topic) -> dict[str, str]:
    """Tenant and request by the record's key, which our own processes have written. Nothing for an
    inbox, where anybody may claim any name, and for a key that is not ours."""
    if topic.is_inbox or record.key is None or len(record.key) > _LONGEST:
        return {}
    tenant_id, slash, request_id = record.key.decode("utf-8", "replace").partition("/")
    return {"tenant_id": tenant_id, "request_id": request_id} if slash else {}
