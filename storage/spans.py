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


def name_of(statement: bytes) -> str:
    """As in `queries.sql`; the verb of one that has no name there."""
    named: str = getattr(statement, "name", "")
    return named or statement.split(maxsplit=1)[0].decode()


def statement_span(statement: bytes) -> AbstractContextManager[Span]:
    name = name_of(statement)
    return step(
        f"postgresql {name}",
        "client",
        {"db.system.name": "postgresql", "db.query.summary": name},
    )
