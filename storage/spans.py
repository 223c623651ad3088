"""Spans of what a store is asked for: OpenTelemetry's conventions for databases and for S3.

Neither the values of a statement nor the key of an object is told: the span above says whose
request it is.
"""

from contextlib import AbstractContextManager

from telemetry.spans import Span, step


def bucket_span(operation: str, bucket: str) -> AbstractContextManager[Span]:
    """`operation` as S3 calls it."""
    return step(
        f"S3 {operation}",
        "client",
        {
            "rpc.system": "aws-api",
            "rpc.service": "S3",
            "rpc.method": operation,
            "aws.s3.bucket": bucket,
        },
    )


def statement_span(statement: bytes) -> AbstractContextManager[Span]:
    """Named as the statement is in `queries.sql`; the verb of one that has no name there."""
    name: str = getattr(statement, "name", "") or statement.split(maxsplit=1)[0].decode()
    return step(
        f"postgresql {name}",
        "client",
        {"db.system.name": "postgresql", "db.query.summary": name},
    )
