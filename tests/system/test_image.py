"""The production image, built for real, and the product out of it: on real servers, as its user,
on a root that nothing can be written to. Takes minutes:
`./dev.sh test -m slow tests/system/test_image.py`."""

import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.support.built_image import USER, BuiltImage, build_image, remove_image
from tests.support.compose_model import ROOT
from tests.support.native_compose_product import LASTING, NativeCompose
from tests.support.services.postgres_folder import folder_for_postgres
from tests.support.services.programs import NotInstalledError
from tests.support.supply_chain.locks import pins

pytestmark = pytest.mark.slow
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
LARGEST_BYTES = 580_000_000
SAMPLES = {"astronaut.jpg": "person", "chelsea.jpg": "cat", "coffee.jpg": "cup"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltImage]:
    if os.geteuid() != 0:
        pytest.skip("root alone may mount what a container has")
    folder = tmp_path_factory.mktemp("image")
    try:
        built = build_image(folder, arguments={"VERSION": VERSION, "REVISION": "of-the-test"})
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    yield built
    remove_image(built)


@pytest.fixture(scope="module")
def compose(image: BuiltImage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeCompose]:
    def from_image(
        words: tuple[str, ...], environment: Mapping[str, str], secrets: Path
    ) -> tuple[str, ...]:
        said = {
            name: text.replace(str(secrets), "/run/secrets")
            for name, text in environment.items()
            if name.startswith("ANALYZER_")
        }
        return image.argv(words, said, secrets=secrets)

    folder = tmp_path_factory.mktemp("compose")
    folder.chmod(0o755)
    with folder_for_postgres(folder / "postgres") as postgres_folder, ExitStack() as until_the_end:
        running = NativeCompose(folder, postgres_folder, from_image)
        running.start(until_the_end)
        yield running


def test_it_says_its_version_as_its_own_user(image: BuiltImage) -> None:
    said = image.run_as_container("image-analyzer", "--version")
    assert (said.returncode, said.stdout) == (0, f"image-analyzer {VERSION}\n"), said.stderr


def test_it_tells_an_engine_how_to_run_it(image: BuiltImage) -> None:
    told = image.configuration
    assert told["User"] == f"{USER}:{USER}"
    assert told["Entrypoint"] == ["image-analyzer"]
    assert told["Healthcheck"]["Test"] == ["CMD", "image-analyzer", "health"]
    labels = told["Labels"]
    assert labels["org.opencontainers.image.version"] == VERSION
    assert labels["org.opencontainers.image.revision"] == "of-the-test"
    assert labels["org.opencontainers.image.licenses"] == "MIT"


def test_python_is_its_only_program(image: BuiltImage) -> None:
    in_paths = ("usr/bin/", "usr/sbin/", "usr/local/", "opt/analyzer/bin/")
    programs = {name for name, _ in image.files() if name.startswith(in_paths)}
    pythons = {f"opt/analyzer/bin/{name}" for name in ("python", "python3", "python3.11")}
    assert programs == {"usr/bin/python3.11", "opt/analyzer/bin/image-analyzer", *pythons}
    forbidden = {"sh", "bash", "dash", "busybox", "gcc", "cc", "ld", "apt", "dpkg", "pip", "curl"}
    files = [name for name, found in image.files() if not stat.S_ISDIR(found.st_mode)]
    assert [name for name in files if name.rpartition("/")[2] in forbidden] == []


def test_nothing_in_it_gives_rights_or_may_be_changed(image: BuiltImage) -> None:
    for name, found in image.files():
        assert not found.st_mode & (stat.S_ISUID | stat.S_ISGID), name
        assert stat.S_ISLNK(found.st_mode) or not found.st_mode & stat.S_IWOTH, name
        assert found.st_uid == (USER if name == "tmp" else 0), name


def test_nothing_of_its_making_is_left_in_it(image: BuiltImage) -> None:
    left = ("root/", "build/", "var/cache/", "var/lib/apt/", "tmp/", "run/secrets/", "etc/pip.conf")
    assert not [name for name, _ in image.files() if name.startswith(left)]
    history = image.history
    for word in ("ca.pem,", "cert =", "/etc/ssl/private", "BEGIN "):
        assert word not in history
    assert not [one for one in image.configuration["Env"] if "PIP" in one]
    ours = image.root / "etc/ssl/certs/ca-certificates.crt"
    machines = Path("/etc/ssl/certs/ca-certificates.crt").read_text()
    assert ours.read_text() != machines, "this machine's authorities are not those of the image"


def test_what_is_installed_is_what_the_lock_and_the_bill_say(image: BuiltImage) -> None:
    packages = image.root / "opt/analyzer/lib/python3.11/site-packages"
    installed = {
        (found.name.lower().replace("_", "-").replace(".", "-"), found.version)
        for found in distributions(path=[str(packages)])
    }
    locked = {
        (pin.name, str(pin.version))
        for pin in pins("runtime")
        if pin.is_for(platform="linux", python="3.11")
    }
    assert installed == locked | {("ai-image-analyzer", VERSION)}
    of_debian = {file.name for file in (image.root / "var/lib/dpkg/status.d").iterdir()}
    assert {"libc6", "libssl3", "python3.11-minimal"} <= of_debian


def test_code_is_compiled_and_it_is_no_larger_than_it_was(image: BuiltImage) -> None:
    sources = [one for one in (image.root / "opt").rglob("*.py") if one.parent.name != "bin"]
    compiled = [f"{one.parent}/__pycache__/{one.stem}.cpython-311.pyc" for one in sources]
    lacking = [name for name in compiled if not Path(name).is_file()]
    assert lacking == []
    size = sum(found.st_size for _, found in image.files() if stat.S_ISREG(found.st_mode))
    assert size < LARGEST_BYTES, f"{size} bytes: say in docs/deployment.md what it weighs now"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_bundled_model_finds_what_is_in_a_picture(compose: NativeCompose, name: str) -> None:
    made = compose.run("operator", "keys", "create", "--tenant", f"t-{name[:3]}", "--name", "mine")
    picture = (ROOT / "samples" / name).read_bytes()
    status, result = compose.analyze(made.split()[-1], name, picture)
    assert status == 200, result
    assert SAMPLES[name] in {found["name"] for found in result["detected_objects"]}
    assert result["model"]["name"] == "centernet-mbv3"


@pytest.mark.parametrize("name", LASTING)
def test_its_health_command_says_ready(compose: NativeCompose, name: str) -> None:
    assert compose.try_to_run(name, "health", "--ready").returncode == 0


@pytest.mark.parametrize("name", LASTING)
def test_a_process_has_no_rights_and_cannot_write(compose: NativeCompose, name: str) -> None:
    pid = compose.processes[name].pid
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {str(USER)}
    assert status["Groups"].split() in ([], [str(USER)])
    assert (status["CapEff"].strip("0"), status["NoNewPrivs"]) == ("", "1")
    mounts = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    (root,) = (options for _, _, _, _, place, options, *_ in mounts if place == "/")
    assert "ro" in root.split(",")


def test_a_process_ends_well_when_it_is_told_to(compose: NativeCompose) -> None:
    assert {name: compose.processes[name].stop() for name in LASTING} == dict.fromkeys(LASTING, 0)
