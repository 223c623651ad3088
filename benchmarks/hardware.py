"""On what the figures were measured; they mean nothing without it."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.checkout import commit

_LIBRARIES = (
    "onnxruntime", "numpy", "pillow", "opencv-python-headless", "fastapi", "uvicorn", "uvloop",
    "aiokafka", "faust-streaming", "psycopg", "minio",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Library:
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Hardware:
    cpu: str
    cores: int
    memory_mb: int
    kernel: str
    python: str
    libraries: tuple[Library, ...]
    commit: str


def this_machine() -> Hardware:
    return Hardware(
        cpu=_first("/proc/cpuinfo", "model name"),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=int(_first("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        kernel=platform.release(),
        python=platform.python_version(),
        libraries=tuple(Library(name, _version(name)) for name in _LIBRARIES),
        commit=commit(),
    )


def _first(file: str, name: str) -> str:
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        found, _, value = line.partition(":")
        if found.strip() == name:
            return value.strip()
    return "0 unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
