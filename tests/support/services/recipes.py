"""How each server is had: what it needs, how it is fetched, and how one sees that it is right."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.services import programs
from tests.support.services.cache import cache_folder, filled_at_once

KAFKA_JAR_COUNT = 92
KAFKA_JAR_SHA1 = "cf616ec4e3898629625252d8f22fa1eb76dee30d"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GoProgram:
    """What Go builds out of a pinned module. `package` is the program's folder in the module,
    `checksum` that of Go's own database."""

    name: str
    version: str
    module: str
    checksum: str
    program: str
    package: str = ""

    def path(self) -> Path:
        """NotInstalledError when it is not there."""
        if not self._file.is_file():
            raise programs.NotInstalledError(self._what)
        return self._file

    def recipe(self, service: str, *, is_optional: bool = True) -> Recipe:
        return Recipe(
            what=self._what,
            services=(service,),
            is_there=self._file.is_file,
            missing_tools=lambda: _not_on_path("go"),
            install=self._install,
            is_optional=is_optional,
        )

    def fault(self, build_information: str) -> str | None:
        """What is wrong with a program, by what `go version -m` says of it; None when nothing is
        (some say nothing of their own version)."""
        pinned = ["mod", self.module, f"v{self.version}", self.checksum]
        if pinned in [line.split() for line in build_information.splitlines()]:
            return None
        return f"not built from {' '.join(pinned[1:])}"

    @property
    def _what(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def _folder(self) -> Path:
        return cache_folder() / f"{self.name}-{self.version}"

    @property
    def _file(self) -> Path:
        return self._folder / self.program

    def _install(self) -> None:
        source = "/".join(part for part in (self.module, self.package) if part)
        with filled_at_once(self._folder) as scratch:
            _run("go", "install", f"{source}@v{self.version}", GOBIN=str(scratch))
            built = _run("go", "version", "-m", str(scratch / self.program))
            _require(self.fault(built))


VERSITYGW = GoProgram(
    name="versitygw",
    version="1.8.0",
    module="github.com/versity/versitygw",
    checksum="h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=",
    program="versitygw",
    package="cmd/versitygw",
)


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
        VERSITYGW.recipe("s3", is_optional=False),
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
