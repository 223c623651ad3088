"""The table of docs/sizing.md: `python -m cli.sizing.page` prints it."""

from collections.abc import Sequence
from typing import Final

from cli.sizing.sheet import figures_of
from cli.sizing.wanted import Wanted

TABLE_RATES: Final = (10, 100, 500, 2000)
IMAGE_KB: Final = 300


def table(rates: Sequence[int]) -> str:
    """With every other option at its default."""
    columns = [figures_of(Wanted(images_per_second=rate, image_kb=IMAGE_KB)) for rate in rates]
    head = "| | unit |" + "".join(f" {rate:,} images/s |" for rate in rates)
    rule = "| --- | --- |" + " ---: |" * len(rates)
    rows = (
        f"| {row[0].name} | {row[0].unit} |" + "".join(f" {each.value:,.1f} |" for each in row)
        for row in zip(*columns, strict=True)
    )
    return "\n".join([head, rule, *rows])


if __name__ == "__main__":
    print(table(TABLE_RATES))
