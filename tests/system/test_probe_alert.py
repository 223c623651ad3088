"""A probe that stays, a real Prometheus with the shipped rules (their times made shorter) and an
API that begins to lie: the alert fires, and clears when it tells the truth again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.alerts.shortened import configuration, shortened_rules
from tests.alerts.watch import AlertWatch
from tests.support.lying_api import Lie, LyingApi
from tests.support.product_processes import ROOT
from tests.support.services.ports import free_ports
from tests.support.services.programs import NotInstalledError
from tests.support.services.prometheus import CONFIGURATION, Prometheus

pytestmark = pytest.mark.slow

_LIE = Lie()
_FIRES_WITHIN_S = 60.0


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[AlertWatch]:
    """Of a Prometheus that reads a probe of an API that says what `_LIE` says."""
    probe_port, prometheus_port = free_ports(2)
    prometheus = prometheus_of(tmp_path, prometheus_port, probe_port)
    environment = os.environ | {"IMAGE_ANALYZER_KEY": "ak_of-the-probe"}
    try:
        prometheus.start()
    except NotInstalledError as error:
        pytest.skip(str(error))
    with LyingApi(_LIE) as api, (tmp_path / "probe.log").open("wb") as log:
        arguments = ("--url", api.url, "--serve", str(probe_port), "--every", "1")
        probe = subprocess.Popen(
            (sys.executable, "-m", "cli.main", "probe", *arguments),
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield AlertWatch(prometheus_port)
        finally:
            probe.send_signal(signal.SIGTERM)
            assert probe.wait(20) == 0
            prometheus.stop()


def prometheus_of(folder: Path, port: int, probe_port: int) -> Prometheus:
    rules = folder / "rules"
    rules.mkdir()
    text = (CONFIGURATION / "rules/probe.yml").read_text(encoding="utf-8")
    (rules / "probe.yml").write_text(shortened_rules(text), encoding="utf-8")
    shipped = CONFIGURATION / "prometheus.yml"
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration(shipped, rules, {"probe": probe_port})))
    options = (f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}")
    return Prometheus(folder / "prometheus", port, options=options)


async def test_a_door_that_lies_fires_the_alert_and_the_truth_clears_it(watch: AlertWatch) -> None:
    _LIE.frames = ""
    stream = {"door": "stream"}
    await watch.until_firing("ProbeFailing", stream, within_s=_FIRES_WITHIN_S)
    await watch.until_inactive("ProbeFailing", {"door": "upload"}, within_s=1)
    _LIE.frames = None
    await watch.until_inactive("ProbeFailing", stream, within_s=_FIRES_WITHIN_S)
