"""What can go wrong with a store, as decisions. Adapters translate their driver's errors here."""


class StorageError(Exception):
    """Base of every error a store raises."""


class NotFoundError(StorageError):
    """There is nothing under that name; asking again will not help."""


class StoreUnavailableError(StorageError):
    """The dependency cannot be reached or refuses to serve: hold and ask again.

    `dependency` is one of `bucket`, `postgres`, `redis`.
    """

    def __init__(self, dependency: str, reason: str) -> None:
        super().__init__(f"{dependency} is unavailable: {reason}")
        self.dependency = dependency


class StoreRefusesError(StoreUnavailableError):
    """It answers, and refuses this operation for now (read-only, full, a right that is missing):
    hold as for an outage; other operations may well be served."""


class TransientStorageError(StorageError):
    """This one operation failed in a way that a repeat may heal (deadlock, serialization)."""


class ObjectTooLargeError(StorageError):
    """The object holds more bytes than the caller said it would take."""
