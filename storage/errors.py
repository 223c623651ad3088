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


class TransientStorageError(StorageError):
    """This one operation failed in a way that a repeat may heal (deadlock, serialization)."""


class ObjectTooLargeError(StorageError):
    """The object holds more bytes than the caller said it would take."""
