"""The generator writes what is missing, and --check tells of every difference."""

from pathlib import Path

import pytest

from schemas import generate


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(generate, "FOLDER", tmp_path / "json")
    return tmp_path / "json"


def test_it_writes_every_schema_and_is_then_content(folder: Path) -> None:
    assert generate.main([]) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "analysis-failed.v1.json",
        "analysis-result.v1.json",
        "cancel-requested.v1.json",
        "image-analyzed.v1.json",
        "image-requested-inbox.v1.json",
        "image-requested.v1.json",
        "image-submitted-inbox.v1.json",
        "image-submitted.v1.json",
    ]
    assert generate.main(["--check"]) == 0


def test_check_names_what_is_missing_changed_or_left_over_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.main([])
    (folder / "image-analyzed.v1.json").unlink()
    (folder / "image-submitted.v1.json").write_text("{}", encoding="utf-8")
    (folder / "image-adopted.v1.json").write_text("{}", encoding="utf-8")

    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "schemas/json/image-adopted.v1.json: differs from the models",
        "schemas/json/image-analyzed.v1.json: differs from the models",
        "schemas/json/image-submitted.v1.json: differs from the models",
    ]
    assert not (folder / "image-analyzed.v1.json").exists()
