"""What the AsyncAPI document says of topics in words; a test ties it to the catalog.

Retry and dead-letter topics need none: theirs follow from the topic they belong to.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Said:
    title: str
    summary: str


TOPICS: Final = {
    "image-requested-inbox": Said(
        "Ask for the picture at an address",
        "An outside producer asks for the analysis of a picture that we are to download. "
        "Admitted records become a request like one that came by HTTP; what cannot be admitted "
        "goes to the dead letters with the reason.",
    ),
    "image-submitted-inbox": Said(
        "Ask for a picture in the bucket",
        "An outside producer has put a picture into the bucket below `<tenant_id>/` and asks for "
        "its analysis. Size and SHA-256 must be those of the object.",
    ),
    "image-analyzed": Said(
        "The result of an analysis",
        "One fact for each analysis that ended well, with the whole result document.",
    ),
    "analysis-failed": Said(
        "An analysis ended without a result",
        "A stable code, a sentence for people, and whether asking again may help. A cancelled "
        "request ends here with `cancelled`, one that took too long with `deadline_exceeded`.",
    ),
    "image-requested": Said(
        "A picture is to be downloaded",
        "Accepted requests with an address; the fetcher downloads the picture into the bucket.",
    ),
    "image-requested-bulk": Said(
        "A picture is to be downloaded, when nobody waits",
        "The bulk lane of `image-requested`: it waits for the interactive one.",
    ),
    "image-submitted": Said(
        "A picture is in the bucket",
        "Accepted requests whose picture is stored; the detector analyzes it.",
    ),
    "image-submitted-bulk": Said(
        "A picture is in the bucket, and nobody waits",
        "The bulk lane of `image-submitted`: it waits for the interactive one.",
    ),
    "cancel-requested": Said(
        "A request is to be ended",
        "Every process that fetches or detects reads all of it and drops what is named. "
        "It may come too late: the outcome says so.",
    ),
    "log-identity": Said(
        "Which log this is",
        "One record with a UUID, written with the topics. Positions in the log are meant for "
        "this identity alone.",
    ),
}

INFO: Final = """\
Pictures in, detections out, as events on Kafka. Outside producers write into the *inboxes*, \
outside consumers read the *results*; every other topic is internal (`x-internal: true`), \
described here for whoever operates the service, and may change without notice.

**Records.** CloudEvents 1.0 in binary mode: attributes in `ce_*` headers, all values UTF-8, and a \
JSON body as the value. Pictures never travel in Kafka: an event carries an address or the key of \
an object.

**Key.** `<tenant_id>/<request_id>`. The partition is murmur2 of the key, as Kafka's Java client \
computes it. Clients on librdkafka need `partitioner=murmur2_random`. Whoever writes with another \
partitioner loses the order of the records of one request, nothing else.

**At least once.** The same fact may lie in the log more than once, always with the same `ce_id`: \
remove duplicates by it. Order holds per key and only within one topic.

**A result beats a failure.** When `image-analyzed` and `analysis-failed` both name one request, \
whatever the order in which they are read, the result holds.

**Versions.** `ce_type` ends in the version of the body. Ignore fields and codes that you do not \
know: they are added without a new version.
"""

SERVER: Final = (
    "The listener for outsiders: TLS, and a user whose rights name the topics that it may read or "
    "write. The operator tells the address."
)
SCRAM: Final = "SASL/SCRAM-SHA-512: the user name and password of the Kafka principal."
CREDENTIAL: Final = (
    "An API key of the tenant in the header `authorization` of each record, as `Bearer <key>`. The "
    "tenant is the key's, never the body's. The key goes no further than the inbox: it is in no "
    "event, and redacted in dead letters."
)
ANY_KEY: Final = (
    "`<tenant_id>/<request_id>` keeps the records of one request in order. It may be left out; "
    "when it is there, it must name the credential's tenant and the body's `request_id`."
)
REQUEST_KEY: Final = "`<tenant_id>/<request_id>`; the partition is murmur2 of it."
ORIGINAL_KEY: Final = "The key of the record as it was refused, whatever it was; may be missing."
ORIGINAL_VALUE: Final = (
    "The value of the record, unchanged: any bytes, or none when the record was too large and went "
    "to the bucket (then `dlq-object-key`, `dlq-size-bytes` and `dlq-sha256` say where)."
)
