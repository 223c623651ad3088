"""How each server is had: what it needs, how it is fetched, and how one sees that it is right."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.services import programs
from tests.support.services.cache import filled_at_once

KAFKA_JAR_COUNT = 92
KAFKA_JAR_SHA1 = "cf616ec4e3898629625252d8f22fa1eb76dee30d"
VERSITYGW_MODULE = "github.com/versity/versitygw"
VERSITYGW_SUM = "h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc="


class RecipeFailedError(RuntimeError):
    """A command failed, or what it fetched is not what is pinned; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One thing to install for some services. `missing_tools` names what this machine lacks.

    Without an optional one everything starts; the few tests that need it say so themselves.
    """

    what: str
    services: tuple[str, ...]
    is_there: Callable[[], bool]
    missing_tools: Callable[[], tuple[str, ...]]
    install: Callable[[], None]
    is_optional: bool = False


def all_recipes() -> tuple[Recipe, ...]:
    """Quick ones first."""
    return (
        _from_debian("postgresql", "postgres", lambda: programs.postgres_program("initdb")),
        _from_debian("redis-server", "redis", programs.redis_server),
        Recipe(
            what=f"Apache Kafka {programs.KAFKA_VERSION}",
            services=("kafka",),
            is_there=lambda: (
                _is_found(programs.java) and kafka_fault(programs.kafka_folder()) is None
            ),
            missing_tools=lambda: _not_on_path("java", "mvn"),
            install=_install_kafka,
        ),
        Recipe(
            what=f"versitygw {programs.VERSITYGW_VERSION}",
            services=("s3",),
            is_there=(programs.versitygw_folder() / "versitygw").is_file,
            missing_tools=lambda: _not_on_path("go"),
            install=_install_versitygw,
        ),
        _from_debian("clamav-daemon", "clamd", programs.clamd, is_optional=True),
        _from_debian("clamdscan", "clamd", programs.clamdscan, is_optional=True),
        _from_debian("rclone", "rclone", programs.rclone, is_optional=True),
    )


def kafka_fault(folder: Path) -> str | None:
    """What is wrong with a folder of Kafka's jars, in words; None when nothing is."""
    count = len(list(folder.glob("*.jar")))
    if count != KAFKA_JAR_COUNT:
        return f"{count} jars instead of {KAFKA_JAR_COUNT}"
    main_jar = folder / f"kafka_2.13-{programs.KAFKA_VERSION}.jar"
    if not main_jar.is_file():
        return f"no {main_jar.name}"
    sha1 = hashlib.sha1(main_jar.read_bytes(), usedforsecurity=False).hexdigest()
    return None if sha1 == KAFKA_JAR_SHA1 else f"{main_jar.name} has sha1 {sha1}"


def versitygw_fault(build_information: str) -> str | None:
    """The same for what `go version -m` says of the program (its own --version says nothing)."""
    pinned = ["mod", VERSITYGW_MODULE, f"v{programs.VERSITYGW_VERSION}", VERSITYGW_SUM]
    if pinned in [line.split() for line in build_information.splitlines()]:
        return None
    return f"not built from {' '.join(pinned[1:])}"


def _from_debian(
    package: str, service: str, program: Callable[[], Path], *, is_optional: bool = False
) -> Recipe:
    return Recipe(
        what=f"Debian package {package}",
        services=(service,),
        is_there=lambda: _is_found(program),
        missing_tools=_missing_for_apt,
        install=lambda: _install_packages(package),
        is_optional=is_optional,
    )


def _install_packages(*packages: str) -> None:
    apt_get = (*_become_root(), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get")
    _run(*apt_get, "update", "-qq")
    _run(*apt_get, "install", "-y", "-qq", "--no-install-recommends", *packages)


def _install_kafka() -> None:
    pom = Path(__file__).parent / "maven" / "pom.xml"
    with filled_at_once(programs.kafka_folder()) as scratch:
        goal = ("dependency:copy-dependencies", "-DincludeScope=runtime")
        _run("mvn", "-q", "-B", "-f", str(pom), *goal, f"-DoutputDirectory={scratch}")
        _require(kafka_fault(scratch))


def _install_versitygw() -> None:
    module = f"{VERSITYGW_MODULE}/cmd/versitygw@v{programs.VERSITYGW_VERSION}"
    with filled_at_once(programs.versitygw_folder()) as scratch:
        _run("go", "install", module, GOBIN=str(scratch))
        _require(versitygw_fault(_run("go", "version", "-m", str(scratch / "versitygw"))))


def _require(fault: str | None) -> None:
    if fault is not None:
        raise RecipeFailedError(fault)


def _missing_for_apt() -> tuple[str, ...]:
    without = _not_on_path("apt-get")
    return without or (() if _may_become_root() else ("root or sudo without a password",))


def _may_become_root() -> bool:
    if os.geteuid() == 0:
        return True
    if shutil.which("sudo") is None:
        return False
    return subprocess.run(("sudo", "-n", "true"), capture_output=True, check=False).returncode == 0


def _become_root() -> tuple[str, ...]:
    return () if os.geteuid() == 0 else ("sudo", "-n")


def _not_on_path(*tools: str) -> tuple[str, ...]:
    return tuple(tool for tool in tools if shutil.which(tool) is None)


def _is_found(program: Callable[[], Path]) -> bool:
    try:
        program()
    except programs.NotInstalledError:
        return False
    return True


def _run(*argv: str, **environment: str) -> str:
    finished = subprocess.run(
        argv,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RecipeFailedError(f"{' '.join(argv)} failed:\n{finished.stdout[-2000:]}")
    return finished.stdout
