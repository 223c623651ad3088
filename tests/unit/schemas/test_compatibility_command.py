"""What was released stays as it was, what is new is released, what breaks it is not."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest

from schemas import compatibility, release
from schemas.compatibility import refusals, unreleased
from schemas.compatibility_today import Today, read_today
from schemas.releases import Json, Releases


@pytest.fixture
def today() -> Today:
    return copy.deepcopy(read_today())


@pytest.fixture
def releases(tmp_path: Path, today: Today) -> Releases:
    """Everything of today is released."""
    folder = Releases(tmp_path / "released")
    assert refusals(today, folder) == []
    assert unreleased(today, folder) == sorted(today.schemas)
    list(release.release(today, folder))
    return folder


def with_schema(today: Today, name: str, schema: Json) -> Today:
    return replace(today, schemas={**today.schemas, name: schema})


def with_property(today: Today, name: str, added: str, **schema: str) -> Today:
    changed = copy.deepcopy(today.schemas[name])
    changed["properties"][added] = schema
    return with_schema(today, name, changed)


def test_what_was_released_is_compatible_and_not_released_again(
    today: Today, releases: Releases
) -> None:
    assert releases.altered() == []
    assert refusals(today, releases) == []
    assert unreleased(today, releases) == []
    assert list(release.release(today, releases)) == []


def test_a_compatible_change_is_the_next_release(today: Today, releases: Releases) -> None:
    later = with_property(today, "image-analyzed", "worker", type="string")
    assert refusals(later, releases) == []
    assert unreleased(later, releases) == ["image-analyzed"]
    assert list(release.release(later, releases)) == ["image-analyzed: schema 2"]
    assert list(releases.schemas("image-analyzed")) == [1, 2]
    assert unreleased(later, releases) == []


def test_every_release_is_compared_and_not_only_the_last(today: Today, releases: Releases) -> None:
    later = with_property(today, "image-analyzed", "worker", type="string")
    list(release.release(later, releases))

    assert refusals(today, releases) == [
        "image-analyzed, release 2: $.worker: is no longer there (removed; consumed)",
        "image-analyzed, release 2: $.worker: is no longer there (removed; produced)",
    ]
    again = with_property(today, "image-analyzed", "worker", type="integer")
    assert refusals(again, releases) == [
        "image-analyzed, release 2: $.worker: type was string, is integer (type; consumed)",
        "image-analyzed, release 2: $.worker: type was string, is integer (type; produced)",
    ]


def test_a_limit_is_told_as_it_was_and_as_it_is(today: Today, releases: Releases) -> None:
    schema = copy.deepcopy(today.schemas["analysis-failed"])
    schema["properties"]["message"].pop("maxLength")
    schema["properties"]["attempts"]["minimum"] = 1
    assert refusals(with_schema(today, "analysis-failed", schema), releases) == [
        "analysis-failed, release 1: $.attempts: minimum was 0, is 1 (bound; consumed)",
        "analysis-failed, release 1: $.message: maxLength was 1000, is absent (bound; produced)",
    ]


def test_words_are_no_release(today: Today, releases: Releases) -> None:
    schema = copy.deepcopy(today.schemas["analysis-failed"]) | {"description": "The end."}
    assert unreleased(with_schema(today, "analysis-failed", schema), releases) == []


def test_a_new_example_is_released_beside_the_old_ones(today: Today, releases: Releases) -> None:
    example = copy.deepcopy(today.examples["analysis-failed"])
    example["body"]["attempts"] = 3
    later = replace(today, examples={**today.examples, "analysis-failed": example})
    assert unreleased(later, releases) == ["analysis-failed"]
    assert list(release.release(later, releases)) == ["analysis-failed: example 2"]
    assert releases.examples("analysis-failed") == {
        1: today.examples["analysis-failed"],
        2: example,
    }


def test_a_type_has_a_direction_and_a_direction_a_type(today: Today, releases: Releases) -> None:
    silent = replace(today, directions={})
    assert refusals(silent, releases)[0] == (
        "analysis-failed: produced or consumed? compatibility_directions.py does not say"
    )
    assert len(refusals(silent, releases)) == len(today.schemas)
    talkative = replace(today, directions={**today.directions, "image-adopted": frozenset()})
    assert refusals(talkative, releases) == ["image-adopted: has a direction and no schema"]


def test_a_type_that_was_released_stays(today: Today, releases: Releases) -> None:
    schemas = {name: today.schemas[name] for name in today.schemas if name != "analysis-failed"}
    directions = {name: today.directions[name] for name in schemas}
    assert refusals(replace(today, schemas=schemas, directions=directions), releases) == [
        "analysis-failed: was released and is gone; a published type stays"
    ]


def test_released_files_are_never_touched(today: Today, releases: Releases) -> None:
    later = with_property(today, "image-analyzed", "worker", type="string")
    list(release.release(later, releases))
    folder = releases.folder
    (folder / "analysis-failed" / "1.json").write_text("{}", encoding="utf-8")
    (folder / "image-analyzed" / "1.json").unlink()
    (folder / "image-analyzed" / "4.json").write_text("{}", encoding="utf-8")
    assert [line for line in refusals(later, releases) if "never change" in line] == [
        "schemas/released/analysis-failed/1.json: released files never change",
        "schemas/released/image-analyzed/1.json: released files never change",
        "schemas/released/image-analyzed/3.json: released files never change",
        "schemas/released/image-analyzed/4.json: released files never change",
    ]


def test_the_commands_say_what_is_to_be_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    releases = Releases(tmp_path / "released")
    assert compatibility.main([], releases) == 1
    assert "image-analyzed: not released as it is; run: python -m schemas.release" in (
        capsys.readouterr().err.splitlines()
    )
    assert release.main([], releases) == 0
    assert "image-analyzed: schema 1" in capsys.readouterr().out.splitlines()
    assert compatibility.main([], releases) == 0

    (releases.folder / "image-analyzed" / "1.json").write_text("{}", encoding="utf-8")
    assert compatibility.main([], releases) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("docs/contract.md says")
    before = sorted(releases.folder.rglob("*"))
    assert release.main([], releases) == 1
    assert "never change" in capsys.readouterr().err
    assert sorted(releases.folder.rglob("*")) == before
