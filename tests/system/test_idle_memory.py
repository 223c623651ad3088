"""How much the API takes that nobody asks anything of."""

from dataclasses import replace
from pathlib import Path

from benchmarks.proc import memory
from tests.support.product_processes import ROOT, Product
from tests.support.services.ports import free_ports
from tests.support.unmeasured import unmeasured

AT_MOST_MB = 100.0
NO_RICH = 'raise ImportError("not a part of the product")\n'


def test_an_idle_api_takes_less_than_it_may(product: Product, tmp_path: Path) -> None:
    """As it is when nothing is switched on, without what measures our tests, and without rich: a
    tool of developers brings it, and structlog imports it where it is found."""
    assert "\nrich==" not in (ROOT / "locks/runtime.txt").read_text(encoding="utf-8")
    (tmp_path / "rich.py").write_text(NO_RICH, encoding="utf-8")
    api_port, metrics_port = free_ports(2)
    plain = unmeasured()
    kept = {
        name: text
        for name, text in product.api.environment.items()
        if name in plain or (name.startswith("ANALYZER_") and "TRACES" not in name)
    }
    own = {
        "PYTHONPATH": str(tmp_path),
        "ANALYZER_API__PORT": str(api_port),
        "ANALYZER_METRICS__PORT": str(metrics_port),
    }
    api = replace(
        product.api, name="idle-api", environment=kept | own, log_file=tmp_path / "log",
        ready_url=f"http://127.0.0.1:{api_port}/ready",
    )  # fmt: skip
    api.start()
    try:
        api.wait_until_ready()
        taken = memory([api.pid])
    finally:
        assert api.stop() == 0
    assert 20 < taken.rss_mb < AT_MOST_MB
