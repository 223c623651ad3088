"""What can go wrong with a request to a stranger's address, one class per decision."""

from typing import ClassVar


class InvalidUrlError(ValueError):
    """The text is no http or https URL at all; its author has to correct it."""

    code: ClassVar[str] = "invalid_url"


class OutboundError(Exception):
    """A fetch that gave no body.

    The message is for logs. It never holds bodies, headers or reason phrases of the other
    side; callers get `code` alone, so that nobody can use the product to look around.
    """

    code: ClassVar[str]
    retryable: bool = False


class BlockedAddressError(OutboundError):
    """The policy refuses this URL, address, port or redirect; the same one stays refused."""

    code = "address_not_allowed"


class FetchFailedError(OutboundError):
    """The other side gave no usable answer; `retryable` says whether a later try may help."""

    code = "fetch_failed"

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class FetchTooLargeError(OutboundError):
    """The body is, or is announced to be, larger than the limit."""

    code = "image_too_large"
