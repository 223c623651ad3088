"""The commands as processes: what they say, how they end, and that they start quickly."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NOWHERE = "127.0.0.1:1"
PRODUCE = ("produce", "--tenant", "acme", "--key", "k")
REQUEST_ID = "0198d2c4-7a10-7a10-8a10-0123456789ab"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}
    return subprocess.run(
        (sys.executable, "-m", "cli.main", *arguments),
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_command_and_the_exit_codes() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    for name in ("api", "worker", "migrate", "topics", "bucket", "keys", "up", "models", "submit",
                 "produce", "dlq"):  # fmt: skip
        assert f"\n  {name} " in shown.stdout
    assert "Exit codes: 0 done" in shown.stdout
    assert "prepare-embedded" not in shown.stdout


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys, cli.main; print([name for name in ('faust', 'fastapi', 'aiokafka', 'numpy', "
        "'psycopg', 'sqlalchemy', 'pydantic', 'PIL', 'rich') if name in sys.modules])"
    )
    shown = subprocess.run(
        (sys.executable, "-c", program), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (("migrate",), {}, 2, "ANALYZER_POSTGRES__DSN: is not set"),
        (("migrate",), {"ANALYZER_POSTGRES__DNS": "x"}, 2, "did you mean ANALYZER_POSTGRES__DSN"),
        (("bucket", "create"), {}, 2, "ANALYZER_BUCKET__ENDPOINT: is not set"),
        (("keys", "create", "--tenant", "No!", "--name", "x"), {}, 2, "--tenant No!: must be"),
        (("worker", "detekt"), {}, 2, "unknown processors: detekt; there are admit"),
        (("worker", "record"), {}, 2, "ANALYZER_POSTGRES__DSN: is not set"),
        (("api",), {}, 2, "ANALYZER_POSTGRES__DSN: is not set"),
        (("models", "fetch", "resnet"), {}, 2, "resnet: no such model; there are yolox-nano"),
        (("submit", "x.jpg", "--url", "ftp://x", "--key", "k"), {}, 2, "ftp://x: not the http"),
        (("submit", "x.jpg", "--url", "http://x"), {}, 2, "--key: is needed with --url"),
        (("nonsense",), {}, 2, "No such command 'nonsense'"),
        (("up", "--port", "0"), {}, 2, "--port"),
        (("produce", "x.jpg", "--key", "k"), {}, 2, "Missing option '--tenant'"),
        ((*PRODUCE, "x.jpg", "-o", "max_objects=x"), {}, 2, "--option max_objects: Input"),
        ((*PRODUCE, "x.jpg", "-o", "max_objects"), {}, 2, "must be NAME=VALUE"),
        ((*PRODUCE, "x.jpg", "--lane", "express"), {}, 2, "--lane"),
        ((*PRODUCE, "x.jpg", "--request-id", "42"), {}, 2, "--request-id"),
        ((*PRODUCE, "x.jpg", "--wait", "-1"), {}, 2, "--wait"),
        ((*PRODUCE, "/nowhere/x.jpg"), {}, 2, "/nowhere/x.jpg: No such file"),
        ((*PRODUCE, __file__), {}, 2, "ANALYZER_BUCKET__ENDPOINT: is not set"),
        ((*PRODUCE, __file__), {"ANALYZER_BUCKET__FOLDER": "/tmp"}, 2, "neither JPEG, PNG"),
        ((*PRODUCE, f"https://example.org/{'x' * 3000}"), {}, 2, "at most 2048 characters"),
        (
            (*PRODUCE, "https://example.org/x.jpg", "--wait", "0", "--request-id", REQUEST_ID),
            {"ANALYZER_KAFKA__BOOTSTRAP_SERVERS": NOWHERE},
            3,
            f"send again with the same --request-id {REQUEST_ID}",
        ),
        (
            (*PRODUCE, "https://example.org/x.jpg"),
            {"ANALYZER_KAFKA__BOOTSTRAP_SERVERS": NOWHERE},
            3,
            "nothing was sent",
        ),
        (("dlq", "replay"), {}, 2, "say which: places, --topic"),
        (("dlq", "discard"), {}, 2, "or --every alone"),
        (("dlq", "discard", "--every", "--topic", "image-submitted"), {}, 2, "--every alone"),
        (("dlq", "replay", "--every", "--rate", "0"), {}, 2, "--rate"),
        (("dlq", "list", "image-submitted-dlq"), {}, 2, "not a place"),
        (("dlq", "show", "cats-dlq[0]@1"), {}, 2, "cats-dlq: has no dead letters"),
        (("dlq", "list", "--topic", "cats"), {}, 2, "cats: has no dead letters"),
        (("dlq", "list", "--since", "tomorrow"), {}, 2, "--since tomorrow: must be an age"),
        (("dlq", "list", "--request", "42"), {}, 2, "--request"),
        (("dlq", "list"), {}, 2, "ANALYZER_POSTGRES__DSN: is not set"),
        (
            ("topics", "verify"),
            {"ANALYZER_KAFKA__BOOTSTRAP_SERVERS": NOWHERE},
            3,
            f"the broker at {NOWHERE} does not answer",
        ),
        (
            ("migrate",),
            {"ANALYZER_POSTGRES__DSN": "postgresql://nobody@127.0.0.1:1/none"},
            3,
            "postgres is unavailable",
        ),
        (
            ("worker", "detect"),
            {
                "ANALYZER_WORKER__PREFERRED_MODEL": "resnet",
                "ANALYZER_POSTGRES__DSN": "postgresql:///x",
                "ANALYZER_BUCKET__FOLDER": "/tmp",
            },
            2,
            "ANALYZER_WORKER__PREFERRED_MODEL=resnet: there is no such model",
        ),
    ],
)
def test_errors_are_lines_with_an_exit_code(
    arguments: tuple[str, ...], environment: dict[str, str], code: int, said: str
) -> None:
    shown = run(*arguments, **environment)
    assert said in shown.stderr
    assert shown.returncode == code
    assert "Traceback" not in shown.stderr


def test_a_folder_is_made_for_pictures(tmp_path: Path) -> None:
    shown = run("bucket", "create", ANALYZER_BUCKET__FOLDER=str(tmp_path / "pictures"))
    assert shown.returncode == 0, shown.stderr
    assert (tmp_path / "pictures").is_dir()


def test_models_are_listed_with_their_place(tmp_path: Path) -> None:
    shown = run("models", "list", XDG_CACHE_HOME=str(tmp_path))
    assert shown.returncode == 0, shown.stderr
    preferred, bundled = shown.stdout.splitlines()
    assert preferred.startswith("yolox-nano")
    assert preferred.endswith("not installed")
    assert bundled.endswith("centernet_mbv3_coco.onnx")


def test_the_bundled_model_need_not_be_fetched() -> None:
    shown = run("models", "fetch", "centernet-mbv3")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.strip().endswith("centernet_mbv3_coco.onnx")


def test_a_wrong_file_in_the_model_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "yolox_nano.onnx").write_bytes(b"no model")
    shown = run("models", "list", ANALYZER_MODELS_DIR=str(tmp_path))
    assert shown.returncode == 3
    assert "not the model it should be" in shown.stderr


def test_submit_says_when_nothing_runs(tmp_path: Path) -> None:
    shown = run("submit", "cat.jpg", "--data", str(tmp_path))
    assert shown.returncode == 2
    assert "nothing runs on" in shown.stderr
