"""Tables as text and as Markdown."""

from benchmarks.grid import Grid, figure

GRID = Grid("Speed", ("system", "images/s"), (("bare", "70.1"), ("the product", "9.0")))


def test_text_is_aligned() -> None:
    assert GRID.to_text().splitlines() == [
        "Speed",
        "system       images/s",
        "---------------------",
        "bare             70.1",
        "the product       9.0",
    ]


def test_markdown() -> None:
    assert GRID.to_markdown().splitlines() == [
        "## Speed",
        "",
        "| system | images/s |",
        "| --- | ---: |",
        "| bare | 70.1 |",
        "| the product | 9.0 |",
    ]


def test_a_figure_is_the_median_and_the_range() -> None:
    assert figure([3.0, 1.0, 2.0]) == "2.0 (1.0-3.0)"
    assert figure([1.26], 1) == "1.3"
    assert figure([None]) == "-"
