"""The production image, built from its Dockerfile without an engine, and its programs run as a
container runs them: as its user, on a root that nothing can be written to.

`python -m tests.support.built_image` builds it and says what it weighs.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.compose_model import ROOT
from tests.support.services.image_tools import base_folder, buildah

DOCKERFILE = ROOT / "deployment/docker/Dockerfile.production"
BASE = "docker.io/library/debian:bookworm-slim"
USER = 10001
_DEVICES = ("null", "zero", "full", "random", "urandom")


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """`root` is the folder of its files; `configuration` what an engine is told."""

    root: Path
    configuration: Mapping[str, Any]
    history: str
    store: "Store"
    container: str

    def files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Everything in it, folders and links too, by its path from the root."""
        for folder, folders, files in os.walk(self.root):
            for name in (*folders, *files):
                path = Path(folder, name)
                yield str(path.relative_to(self.root)), path.lstat()

    def run_as_container(self, *words: str) -> subprocess.CompletedProcess[str]:
        """By buildah: its user and environment. Its root can be written to as rights allow."""
        return subprocess.run(
            self.store.argv("run", "--isolation", "chroot", self.container, "--", *words),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def argv(
        self, words: tuple[str, ...], environment: Mapping[str, str], *, secrets: Path | None = None
    ) -> tuple[str, ...]:
        """What runs its entry point as its user with the root mounted read-only, `/tmp` and the
        shared memory in memory, `secrets` at /run/secrets, and no privilege to be gained. The
        process that it starts is the product's own: signals reach it."""
        of_image = dict(one.split("=", 1) for one in self.configuration["Env"])
        said = [f"{name}={value}" for name, value in {**of_image, **environment}.items()]
        enter = (
            "/usr/bin/env", "-i", *said, "/usr/bin/setpriv", "--no-new-privs", "--clear-groups",
            "/usr/bin/unshare", f"--root={self.root}", "--wd=/tmp", f"--setgid={USER}",
            f"--setuid={USER}", "--", *self.configuration["Entrypoint"], *words,
        )  # fmt: skip
        script = "\n".join((*self._mounts(secrets), 'exec "$@"'))
        return ("unshare", "--mount", "--propagation=private", "sh", "-euc", script, "sh", *enter)

    def _mounts(self, secrets: Path | None) -> list[str]:
        root = self.root
        lines = [
            f"mount --bind {root} {root}",
            f"mount -o remount,bind,ro,nosuid,nodev {root}",
            f"mount -t tmpfs -o size=256m,mode=0700,uid={USER},gid={USER} tmpfs {root}/tmp",
            f"mount -t proc proc {root}/proc",
            f"mount -t tmpfs -o mode=0755 tmpfs {root}/dev",
            f"mount -t tmpfs -o mode=0755 tmpfs {root}/run",
            f"mkdir {root}/dev/shm {root}/run/secrets",
            f"mount -t tmpfs -o mode=1777 tmpfs {root}/dev/shm",
        ]
        for name in _DEVICES:
            lines += [f": >{root}/dev/{name}", f"mount --bind /dev/{name} {root}/dev/{name}"]
        if secrets is not None:
            lines.append(f"mount --bind {secrets} {root}/run/secrets")
        return lines


@dataclass(frozen=True, slots=True)
class Store:
    """Images and containers of one folder."""

    folder: Path

    def argv(self, *words: str) -> tuple[str, ...]:
        places = ("--root", str(self.folder / "store"), "--runroot", str(self.folder / "run"))
        return (str(buildah()), *places, "--storage-driver", "vfs", *words)

    def do(self, *words: str) -> str:
        done = subprocess.run(self.argv(*words), capture_output=True, text=True, check=False)
        assert done.returncode == 0, (
            f"{' '.join(words)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
        return done.stdout.strip()


def build_image(folder: Path, *, arguments: Mapping[str, str]) -> BuiltImage:
    """Takes minutes. This machine's pip configuration and its authorities reach the build as
    secrets. NotInstalledError where it cannot be done."""
    store = Store(folder)
    _make_base(store)
    given = [
        word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")
    ]
    store.do(
        "bud", "--isolation", "chroot", "--pull-never", "--network", "host", "--format", "docker",
        "--secret", f"id=pip.conf,src={_pip_configuration(folder)}",
        "--secret", f"id=ca.pem,src={_authorities()}", *given,
        "--tag", "analyzer:test", "--file", str(DOCKERFILE), str(ROOT),
    )  # fmt: skip
    container = store.do("from", "--pull-never", "localhost/analyzer:test")
    inspected = json.loads(store.do("inspect", "--type", "image", "localhost/analyzer:test"))
    return BuiltImage(
        root=Path(store.do("mount", container)),
        configuration=inspected["Docker"]["config"],
        history=json.dumps(inspected["Docker"].get("history")),
        store=store,
        container=container,
    )


def remove_image(image: BuiltImage) -> None:
    image.store.do("umount", image.container)
    shutil.rmtree(image.store.folder)


def _make_base(store: Store) -> None:
    container = store.do("from", "scratch")
    store.do("copy", "--quiet", container, str(base_folder()), "/")
    store.do("commit", "--quiet", "--rm", container, BASE)


def _pip_configuration(folder: Path) -> Path:
    """What pip is told here by its variables, its authorities where the build finds them."""
    told = {"cert": "/run/secrets/ca.pem"}
    for name in ("index-url", "extra-index-url", "proxy", "trusted-host", "timeout"):
        value = os.environ.get(f"PIP_{name.upper().replace('-', '_')}")
        if value is not None:
            told[name] = value
    file = folder / "pip.conf"
    file.touch(mode=0o600)
    file.write_text("[global]\n" + "".join(f"{name} = {value}\n" for name, value in told.items()))
    return file


def _authorities() -> str:
    return os.environ.get("PIP_CERT") or "/etc/ssl/certs/ca-certificates.crt"


def weights(image: BuiltImage) -> list[str]:
    """Bytes of the files by where they are, the heaviest first; then all of them, as they are and
    as gzip makes them."""
    sizes = Counter[str]()
    for name, found in image.files():
        if stat.S_ISREG(found.st_mode):
            sizes[_part(name)] += found.st_size
    heaviest = [f"{part} {size / 1e6:.1f}" for part, size in sizes.most_common(16)]
    packed = subprocess.run(
        ("sh", "-c", f"tar -C {image.root} -c . | gzip -6 | wc -c"),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [*heaviest, f"all {sizes.total() / 1e6:.1f}", f"gzip {int(packed.stdout) / 1e6:.1f}"]


def _part(name: str) -> str:
    """A package of Python's, or one of the system's folders."""
    _, found, below = name.partition("/site-packages/")
    return below.split("/")[0].split("-")[0] if found else "/".join(name.split("/")[:3])


if __name__ == "__main__":
    built = build_image(Path(tempfile.mkdtemp()), arguments={})
    sys.stdout.write("".join(f"{line}\n" for line in weights(built)))
    remove_image(built)
