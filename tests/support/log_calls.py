"""Every line that the product writes, found in its code."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = (
    "cli", "ingest_api", "models", "outbound", "processors", "schemas", "storage", "telemetry",
    "topics",
)  # fmt: skip
LEVELS = {
    "debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogCall:
    """`event` is None where it is no literal."""

    at: str
    level: str
    event: str | None


@functools.cache
def log_calls() -> list[LogCall]:
    files = (path for package in PACKAGES for path in sorted(Path(package).rglob("*.py")))
    return [call for path in files for call in _calls_in(path)]


def _calls_in(path: Path) -> Iterator[LogCall]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and _is_log(node.func):
            assert isinstance(node.func, ast.Attribute)
            first = node.args[0] if node.args else None
            event = first.value if isinstance(first, ast.Constant) else None
            told = event if isinstance(event, str) else None
            yield LogCall(f"{path}:{node.lineno}", LEVELS[node.func.attr], told)


def _is_log(function: ast.expr) -> bool:
    """`_log.info`, `log.info`, `get_logger(…).info`, `self._log.info`: a method of a logger by the
    name of a level."""
    if not (isinstance(function, ast.Attribute) and function.attr in LEVELS):
        return False
    whose = function.value
    if isinstance(whose, ast.Call):
        whose = whose.func
    name = whose.id if isinstance(whose, ast.Name) else getattr(whose, "attr", "")
    return name in {"_log", "log", "get_logger", "bind"}
