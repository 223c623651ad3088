"""The examples are installed as they were tested, from whatever registry their user has."""

import json
import re
import tomllib
from xml.etree import ElementTree

from tests.support.services.consumer_recipes import EXAMPLES

_POM = "{http://maven.apache.org/POM/4.0.0}"
_EXACT = re.compile(r"\d+(\.[\w-]+)+")


def test_the_lock_of_the_javascript_example_names_no_registry() -> None:
    lock = json.loads((EXAMPLES / "javascript" / "package-lock.json").read_text())
    manifest = json.loads((EXAMPLES / "javascript" / "package.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert lock["packages"][""]["dependencies"] == manifest["dependencies"]
    assert all(_EXACT.fullmatch(version) for version in manifest["dependencies"].values())
    assert all("integrity" in package for package in packages.values())
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_lock_of_the_python_example_has_what_is_asked_for_by_hash() -> None:
    asked = (EXAMPLES / "python" / "requirements.in").read_text()
    lock = (EXAMPLES / "python" / "requirements.txt").read_text()
    wanted = re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)", asked, re.MULTILINE)
    assert len(wanted) == 3
    for name, version in wanted:
        assert re.search(rf"^{name}=={re.escape(version)} \\\n +--hash=sha256:", lock, re.MULTILINE)
    assert "://" not in lock


def test_the_client_of_the_python_example_is_the_one_that_the_product_is_tested_with() -> None:
    project = tomllib.loads((EXAMPLES.parents[1] / "pyproject.toml").read_text())["project"]
    [ours] = [one for one in project["dependencies"] if one.startswith("aiokafka==")]
    asked = (EXAMPLES / "python" / "requirements.in").read_text()
    assert f"aiokafka[lz4]=={ours.removeprefix('aiokafka==')} " in asked


def test_the_java_example_pins_exact_versions_and_no_repository() -> None:
    pom = ElementTree.parse(EXAMPLES / "java" / "pom.xml").getroot()  # noqa: S314 - our own file
    kinds = ("dependency", "plugin")
    pinned = [one for kind in kinds for one in pom.iter(f"{_POM}{kind}")]
    assert len(pinned) > 10
    for one in pinned:
        assert _EXACT.fullmatch(one.findtext(f"{_POM}version") or ""), ElementTree.tostring(one)
    assert not list(pom.iter(f"{_POM}repository"))
