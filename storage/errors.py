"""What can go wrong with a store, as decisions. Adapters translate their driver's errors here."""


class StorageError(Exception):
    """Base of every error a store raises."""


class NotFoundError(StorageError):
    """There is nothing under that name; asking again will not help."""


class StoreUnavailableError(StorageError):
    """The dependency cannot be reached or refuses to serve: hold and ask again.

    `dependency` is one of `bucket`, `postgres`, `redis`, and `issuer` for the keys of somebody
    else's tokens.
    """

    def __init__(self, dependency: str, reason: str) -> None:
        super().__init__(f"{dependency} is unavailable: {reason}")
        self.dependency = dependency


class StoreRefusesError(StoreUnavailableError):
    """It answers, and refuses this operation for now (read-only, full, a right that is missing):
    hold as for an outage; other operations may well be served."""


class MisconfiguredError(StorageError):
    """What the settings name is not there or does not let us in: no waiting heals it. The text is
    one line for the person who can. Only checks before a start raise it; whoever runs already
    takes the same for an outage.

    `dependency` is one of `bucket`, `postgres`, `redis`.
    """

    def __init__(self, dependency: str, text: str) -> None:
        super().__init__(f"{dependency}: {text}")
        self.dependency = dependency


class UnknownHostError(MisconfiguredError):
    """No name server knows the host. Mostly a misspelt setting; some name servers also say it of a
    server that is down, so whoever can do without the dependency goes on."""


class TransientStorageError(StorageError):
    """This one operation failed in a way that a repeat may heal (deadlock, serialization)."""


class LimitReachedError(StorageError):
    """The tenant has as many of these as it may; nothing was added."""


class ObjectTooLargeError(StorageError):
    """The object holds more bytes than the caller said it would take."""
