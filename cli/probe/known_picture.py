"""The picture, and what must be found in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from cli.probe.finding import WrongAnswerError
from schemas.result import AnalysisResult

SHOWS = ("cup",)
"""In the picture that comes with the program (Rachel Michetti, CC0): each of the models of the
catalog finds it."""


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """More may be found than `shows`: how much more is the model's affair."""

    content: bytes
    shows: tuple[str, ...]

    def check(self, result: AnalysisResult) -> None:
        """Raises WrongAnswerError when something that it shows was not found."""
        found = {one.name for one in result.detected_objects}
        missing = [name for name in self.shows if name not in found]
        if missing:
            there = ", ".join(sorted(found)) or "nothing"
            raise WrongAnswerError(f"{', '.join(missing)} not found; {there} was")


def known_picture(shows: Sequence[str] = SHOWS) -> KnownPicture:
    """The one that comes with the program."""
    content = files("cli.probe").joinpath("coffee.jpg").read_bytes()
    return KnownPicture(content, tuple(shows))
