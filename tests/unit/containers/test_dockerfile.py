"""Dockerfile.production as text: it takes all of our code, by hashes, and nothing else of the tree.
tests/system/test_image.py builds it."""

import json
import re
import tomllib

from cli.main import app
from cli.settings import load_settings
from tests.support.compose_model import ROOT, read_compose
from tests.support.supply_chain.locks import SHIPPED

FOLDER = ROOT / "deployment/docker"
TEXT = (FOLDER / "Dockerfile.production").read_text(encoding="utf-8")
JOINED = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE))
LINES = [line for line in JOINED.splitlines() if line]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def copied() -> set[str]:
    """What comes from the tree."""
    words = [line.split() for line in LINES if line.startswith("COPY ") and "--from" not in line]
    return {source for line in words for source in line[1:-1]}


def test_every_package_of_ours_is_in_it() -> None:
    packages = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    folders = {name for name in copied() if (ROOT / name).is_dir()}
    assert folders == packages


def test_nothing_but_what_it_copies_reaches_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    locks = {name for name in copied() if name.startswith("locks/")}
    assert let_in == copied() - locks | {"locks"}
    assert {"**/__pycache__", "**/*.pyc"} <= set(rules)


def test_whatever_pip_installs_is_known_by_its_hash_or_is_ours() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install (.*?)(?:&&|$)", JOINED, re.MULTILINE)
    assert len(installs) == 3
    for words in installs:
        assert "--require-hashes" in words or "--no-index" in words
    assert "ARG LOCK=runtime" in LINES
    assert "runtime" in SHIPPED


def test_the_last_stage_starts_from_nothing_and_ends_as_somebody() -> None:
    last = LINES[max(n for n, line in enumerate(LINES) if line.startswith("FROM ")) :]
    assert last[0] == "FROM scratch"
    assert not [line for line in last if line.startswith(("RUN", "ADD"))]
    assert "USER 10001:10001" in last
    script = (FOLDER / "system-files.sh").read_text(encoding="utf-8")
    assert "analyzer:x:10001:10001:" in script
    assert "chown 10001:10001" in script


def test_it_exposes_and_asks_what_there_is() -> None:
    assert f"EXPOSE {load_settings({}).api.port}" in LINES
    (check,) = (line for line in LINES if line.startswith("HEALTHCHECK"))
    program, command, *words = json.loads(check[check.index("[") :])
    assert program == "image-analyzer"
    app.commands[command].make_context(command, words)
    assert 'ENTRYPOINT ["image-analyzer"]' in LINES
    assert PROJECT["project"]["scripts"] == {"image-analyzer": "cli.main:run"}


def test_compose_and_the_developers_command_build_it() -> None:
    dockerfile = "deployment/docker/Dockerfile.production"
    assert read_compose()["api"].said["build"]["dockerfile"] == dockerfile
    assert f"--file {dockerfile}" in (ROOT / "dev.sh").read_text(encoding="utf-8")
