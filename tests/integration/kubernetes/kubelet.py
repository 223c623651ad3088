"""Pods of the manifests as processes of this machine: their commands, variables, files and probes,
with other addresses. What a container adds (a read-only root, limits, another user) is not here."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.support.kubernetes import ROOT, SECRETS, Pod, environment_of, files_of_secrets
from tests.support.product_processes import answers_200
from tests.support.services.ports import free_port

_POLL_S = 0.05
_TRIES = 4
_WRONG_SETTINGS = 2
PORTS = (
    "ANALYZER_API__PORT", "ANALYZER_METRICS__PORT", "ANALYZER_WORKER__HEALTH_PORT",
)  # fmt: skip
EVERYWHERE, HERE = "0.0.0.0", "127.0.0.1"  # noqa: S104 - nobody binds to it here
PROOF = ("ANALYZER_KAFKA__CERT_FILE", "ANALYZER_KAFKA__KEY_FILE")
"""The broker of the tests wants to see a certificate as well; Strimzi's does not."""


@dataclass(frozen=True, slots=True)
class Node:
    """Where pods run: what is in each Secret (`name/key`), and the variables that lead to the
    servers of this machine instead of those of the cluster. The path of `folder` is a short one:
    sockets lie below it."""

    overlay: str
    folder: Path
    secrets: dict[str, bytes]
    variables: Mapping[str, str]
    _numbers: Iterator[int] = field(default_factory=count)

    def start(self, pod: Pod, *arguments: str) -> "Running":
        """One of its pods; each has ports, files and a `/tmp` of its own. `arguments` stand for
        those of the manifest."""
        own = self.folder / f"{pod.name}-{next(self._numbers)}"
        (own / "tmp").mkdir(parents=True)
        for path, (secret, key) in files_of_secrets(pod).items():
            file = own / path.removeprefix(SECRETS)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(self.secrets[f"{secret}/{key}"])
        return Running(pod, arguments or pod.main["args"], self._environment(pod, own), own / "log")

    def run(self, pod: Pod, *arguments: str) -> tuple[int, str]:
        """A pod that ends by itself: its exit code, and what it said."""
        running = self.start(pod, *arguments)
        return running.process.wait(60), running.log

    def complete(self, job: Pod, *arguments: str) -> str:
        """What a Job said that came to its end: it is tried again as its manifest allows."""
        for _ in range(_TRIES):
            code, said = self.run(job, *arguments)
            if code == 0:
                return said
            assert code != _WRONG_SETTINGS, said
        raise AssertionError(f"{job.name}: {said}")

    def _environment(self, pod: Pod, own: Path) -> dict[str, str]:
        """Nothing of this process's own but where programs are."""
        given = environment_of(self.overlay, pod)
        found = {
            name: value.replace(SECRETS, f"{own}/").replace(EVERYWHERE, HERE)
            for name, value in given.items()
        }
        found |= {name: value for name, value in self.variables.items() if name in given}
        found |= {name: str(free_port()) for name in PORTS if name in given}
        if "ANALYZER_KAFKA__CA_FILE" in given:
            found |= {name: value for name, value in self.variables.items() if name in PROOF}
        return found | {
            "PATH": os.environ["PATH"], "TMPDIR": str(own / "tmp"), "PYTHONUNBUFFERED": "1",
            "XDG_CACHE_HOME": str(own / "tmp" / "cache"),
        }  # fmt: skip


@dataclass(slots=True)
class Running:
    pod: Pod
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log_file: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        argv = [sys.executable, "-m", "cli.main", *self.arguments]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                argv, env=dict(self.environment), cwd=ROOT, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def url(self, probe: str) -> str:
        """Where the kubelet asks."""
        asked = self.pod.main[f"{probe}Probe"]["httpGet"]
        variable = PORTS[0] if asked["port"] == "http" else PORTS[-1]
        return f"http://127.0.0.1:{self.environment[variable]}{asked['path']}"

    def wait_for(self, probe: str) -> None:
        """Until it succeeds; as long as the manifest has patience with a start."""
        startup = self.pod.main["startupProbe"]
        until = time.monotonic() + startup["periodSeconds"] * startup["failureThreshold"]
        while not answers_200(self.url(probe)):
            assert self.process.poll() is None, f"{self.pod.name} ended: {self.log[-3000:]}"
            assert time.monotonic() < until, f"{self.pod.name}: {probe}: {self.log[-3000:]}"
            time.sleep(_POLL_S)

    def end(self) -> int:
        """As the kubelet does it: the wait of the manifest, in which nobody sends anything more;
        SIGTERM; the exit code, within what is left of the grace."""
        stop = self.pod.main.get("lifecycle", {}).get("preStop", {})
        wait_s = stop.get("sleep", {"seconds": 0})["seconds"]
        time.sleep(wait_s)
        self.process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        code = self.process.wait(self.pod.spec["terminationGracePeriodSeconds"] - wait_s)
        sys.stdout.write(f"{self.pod.name} ended {time.monotonic() - told:.1f} s after SIGTERM\n")
        return code

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
