"""`image-analyzer size`: what a deployment needs for so many images a second."""

import json
from dataclasses import asdict
from math import isnan

import click

from cli.command_style import Command
from cli.sizing.sheet import UNKNOWN, Figure, figures_of
from cli.sizing.wanted import Wanted

_RANGE = "<float range>"


class _Range(click.FloatRange):
    """A range that has no room for `nan`, which is neither below nor above anything."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if isnan(number):
            self.fail(f"nan is not in the range {self._describe_range()}.", param, ctx)
        return number


def _number(
    name: str, least: float, most: float, explained: str, default: float | None = None
) -> click.Option:
    return click.Option(
        [name],
        metavar=_RANGE,
        type=_Range(least, most),
        required=default is None,
        default=default,
        show_default=True,
        help=explained,
    )


_OPTIONS = [
    _number("--images-per-second", 0.01, 100_000, "Average over the day."),
    _number("--image-kb", 1, 100_000, "Average size of a picture, 1000 bytes each KB."),
    _number("--objects", 0, 1000, "Detections in a picture.", 5),
    _number("--peak-factor", 1, 100, "Peak over average.", 2),
    _number("--retention-days", 1, 365, "How long Kafka keeps results; the catalog says 7.", 7),
    _number("--keep-images-days", 0, 3650, "How long the bucket keeps pictures.", 7),
    _number("--spare", 0, 0.9, "Share of each core left idle at the peak.", 0.3),
    _number("--core-speed", 0.1, 10, "Speed of a core; the measured one is 1.", 1.0),
]


def _size(*, as_json: bool, **asked: float) -> None:
    """Print cores, pods, partitions, memory, storage and network, each with its formula."""
    figures = figures_of(Wanted(**asked))
    print(_as_json(figures) if as_json else _as_table(figures))


def _as_json(figures: tuple[Figure, ...]) -> str:
    return json.dumps({"figures": [asdict(each) for each in figures], "unknown": UNKNOWN}, indent=2)


def _as_table(figures: tuple[Figure, ...]) -> str:
    lines = [f"{x.name:<21} {x.value:>14,.1f} {x.unit:<11} {x.formula}" for x in figures]
    return "\n".join([*lines, "", "Not known:", *(f"  {each}" for each in UNKNOWN)])


size = Command(
    "size",
    callback=_size,
    help=_size.__doc__,
    params=[*_OPTIONS, click.Option(["--json", "as_json"], is_flag=True, help="Print JSON.")],
)
