"""What the example consumers need to run, each as its own lock file says, in a folder of the cache.

The folder's name carries the hash of what was installed from: another lock is another folder, and
so is another source where sources are compiled.
"""

import hashlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once
from tests.support.services.programs import NotInstalledError

EXAMPLES = Path(__file__).parents[3] / "examples" / "consumers"
SERVICE = "consumers"


def consumer_recipes() -> tuple[recipes.Recipe, ...]:
    return (
        _recipe("python", (), _install_python),
        _recipe("javascript", ("node", "npm"), _install_javascript),
        _recipe("java", ("java", "javac", "mvn"), _install_java),
    )


def dependencies_of(language: str) -> Path:
    """A virtual environment, a `node_modules` with its manifest, or jars and `classes`."""
    folder = _folder(language)
    if not folder.is_dir():
        raise NotInstalledError(f"dependencies of the example consumer in {language}")
    return folder


def _recipe(language: str, tools: tuple[str, ...], install: Callable[[], None]) -> recipes.Recipe:
    return recipes.Recipe(
        what=f"dependencies of the example consumer in {language}",
        services=(SERVICE,),
        is_there=lambda: not recipes._not_on_path(*tools) and _folder(language).is_dir(),
        missing_tools=lambda: recipes._not_on_path(*tools),
        install=install,
        is_optional=True,
    )


def _install_python() -> None:
    # Its `bin/python` finds the rest beside itself, so the folder may get its name afterwards;
    # the scripts in `bin` do not, and nobody uses them.
    with filled_at_once(_folder("python")) as scratch:
        recipes._run(sys.executable, "-m", "venv", str(scratch))
        pip = (str(scratch / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q")
        recipes._run(*pip, "install", "--require-hashes", "-r", str(_LOCKS["python"]))


def _install_javascript() -> None:
    lock = _LOCKS["javascript"]
    with filled_at_once(_folder("javascript")) as scratch:
        for manifest in (lock, lock.with_name("package.json")):
            shutil.copy(manifest, scratch)
        npm_ci = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        recipes._run(*npm_ci, "--prefix", str(scratch))


def _install_java() -> None:
    sources = [str(path) for path in _java_sources()]
    with filled_at_once(_folder("java")) as scratch:
        goal = ("dependency:copy-dependencies", "-DincludeScope=runtime")
        output = f"-DoutputDirectory={scratch}"
        recipes._run("mvn", "-q", "-B", "-f", str(_LOCKS["java"]), *goal, output)
        strict = ("-Xlint:all", "-Werror", "--release", "17")
        classes = str(scratch / "classes")
        recipes._run("javac", *strict, "-cp", f"{scratch}/*", "-d", classes, *sources)


def _java_sources() -> list[Path]:
    return sorted((EXAMPLES / "java" / "src" / "main" / "java").rglob("*.java"))


_LOCKS = {
    "python": EXAMPLES / "python" / "requirements.txt",
    "javascript": EXAMPLES / "javascript" / "package-lock.json",
    "java": EXAMPLES / "java" / "pom.xml",
}


def _folder(language: str) -> Path:
    compiled = _java_sources() if language == "java" else []
    read = b"".join(path.read_bytes() for path in (_LOCKS[language], *compiled))
    return cache_folder() / f"consumer-{language}-{hashlib.sha256(read).hexdigest()[:12]}"
