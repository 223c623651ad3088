"""A picture refused inside the child, as an error there and as a value on the way back."""

from dataclasses import dataclass

from schemas.failures import FailureCode


class RefusedPictureError(Exception):
    """The picture is at fault. The message is for the client and holds nothing of ours."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Refusal:
    """RefusedPictureError as data: exceptions are slow to send and may fail to unpickle."""

    code: FailureCode
    message: str


def to_refusal(error: Exception) -> Refusal:
    """What a client is told about whatever a decoder raised; not the decoder's own words."""
    if isinstance(error, RefusedPictureError):
        return Refusal(error.code, error.message)
    if type(error).__name__ in {"DecompressionBombError", "DecompressionBombWarning"}:
        return Refusal(FailureCode.IMAGE_TOO_LARGE, "more pixels than are taken")
    cut_short = "truncated" in str(error)
    fault = "cut short" if cut_short else "damaged"
    return Refusal(FailureCode.IMAGE_UNDECODABLE, f"the picture is {fault}")
