"""`-o NAME=VALUE` says the same at every door, and nothing is guessed."""

import pytest

from cli.analysis_options import to_options, to_pairs
from cli.exit_codes import ConfigurationError
from schemas.options import AnalysisOptions


def test_nothing_asked_for_is_the_defaults() -> None:
    assert to_options(()) == AnalysisOptions()
    assert to_pairs(()) == {}


@pytest.mark.parametrize(
    ("pair", "options"),
    [
        ("confidence_threshold=high", AnalysisOptions(confidence_threshold=0.7)),
        ("confidence_threshold=0.25", AnalysisOptions(confidence_threshold=0.25)),
        ("confidence_threshold=1", AnalysisOptions(confidence_threshold=1)),
        ("max_objects=7", AnalysisOptions(max_objects=7)),
        ("include_metadata=false", AnalysisOptions(include_metadata=False)),
        ("include_metadata=true", AnalysisOptions(include_metadata=True)),
        ("labels=dog", AnalysisOptions(labels=("dog",))),
        ("labels=dog, traffic light", AnalysisOptions(labels=("dog", "traffic light"))),
        ("iou_threshold=0.6", AnalysisOptions(iou_threshold=0.6)),
        ("model=yolox-nano", AnalysisOptions(model="yolox-nano")),
    ],
)
def test_every_option_is_read(pair: str, options: AnalysisOptions) -> None:
    assert to_options((pair,)) == options


def test_several_stand_beside_each_other() -> None:
    options = to_options(("max_objects=7", "model=a"))
    assert options == AnalysisOptions(max_objects=7, model="a")
    assert to_pairs(("labels=a=b", "model=")) == {"labels": "a=b", "model": ""}


@pytest.mark.parametrize("pair", ["", "max_objects", "=5", "max objects=5", "1=5", "a-b=5"])
def test_what_is_no_pair_is_refused(pair: str) -> None:
    with pytest.raises(ConfigurationError, match="must be NAME=VALUE"):
        to_pairs((pair,))


def test_an_option_given_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="--option max_objects: was given more than once"):
        to_pairs(("max_objects=5", "model=x", "max_objects=6"))


@pytest.mark.parametrize(
    "pair",
    [
        "confidence_threshold=2",
        "confidence_threshold=nan",
        "confidence_threshold=huge",
        "confidence_threshold=",
        "max_objects=0",
        "max_objects=5.5",
        "max_objects=-1",
        "max_objects=٣",
        "max_objects=" + "9" * 5000,
        "include_metadata=yes",
        "include_metadata=1",
        "labels=unicorn",
        "labels=",
        "iou_threshold=7",
        "iou_threshold=x",
        "model=No Such",
        "deadline_s=5",
        "lane=bulk",
    ],
)
def test_a_value_that_is_not_taken_names_its_option(pair: str) -> None:
    name = pair.partition("=")[0]
    with pytest.raises(ConfigurationError, match=f"^--option {name}"):
        to_options((pair,))
