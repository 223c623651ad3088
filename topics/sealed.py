"""What stands in place of a value that no consumer may unpack.

Its bytes are the record batch as it lies in the log, in Kafka's own format of magic 2: nothing is
lost, and any Kafka library takes it apart. A stranger can write every byte and every header, but
not a Python type: only the reader of this package makes these.
"""

from typing import Self

NOT_UTF8 = "\ufffd"
"""How the name of a header begins that no text can hold; its bytes are spelt out behind it."""


class UnreadableBatch(bytes):
    """The records from `first_offset` to the one whose value this is cannot be told apart."""

    first_offset: int
    detail: str

    @classmethod
    def of(cls, batch: bytes, *, first_offset: int, detail: str) -> Self:
        made = cls(batch)
        made.first_offset = first_offset
        made.detail = detail
        return made


class LargeValue(bytes):
    """A value of `size_bytes`, far more than any topic may carry, left as small as it came: a
    consumer keeps records by the hundred. `record_batches.unpacked` gives the value itself."""

    size_bytes: int

    @classmethod
    def of(cls, batch: bytes, *, size_bytes: int) -> Self:
        made = cls(batch)
        made.size_bytes = size_bytes
        return made
