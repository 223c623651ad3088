"""The OpenTelemetry collector with the parts that the shipped configuration names, built from
source: how it is had. That takes minutes, so only the test that runs it asks for it."""

from pathlib import Path

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once, only_installer

VERSION = "0.165.0"
_PARTS = """\
dist: {name: otelcol, output_path: FOLDER}
receivers: [{gomod: go.opentelemetry.io/collector/receiver/otlpreceiver vVERSION}]
processors:
  - {gomod: go.opentelemetry.io/collector/processor/memorylimiterprocessor vVERSION}
  - {gomod: go.opentelemetry.io/collector/processor/batchprocessor vVERSION}
exporters: [{gomod: go.opentelemetry.io/collector/exporter/otlpexporter vVERSION}]
"""


def otel_collector() -> Path:
    """The program, built at the first time; what it is made of is checked by Go's own sums. Raises
    RecipeFailedError when it cannot be built."""
    program = cache_folder() / f"otelcol-{VERSION}" / "otelcol"
    with only_installer(cache_folder()):
        if not program.is_file():
            _build(program)
    return program


def missing_tools() -> tuple[str, ...]:
    return recipes._not_on_path("go")


def _build(program: Path) -> None:
    with filled_at_once(program.parent) as scratch:
        parts = scratch / "parts.yaml"
        built = scratch / "built"
        said = _PARTS.replace("VERSION", VERSION).replace("FOLDER", str(built))
        parts.write_text(said, encoding="utf-8")
        builder = f"go.opentelemetry.io/collector/cmd/builder@v{VERSION}"
        recipes._run("go", "install", builder, GOBIN=str(scratch))
        recipes._run(str(scratch / "builder"), "--config", str(parts), "--ldflags=-s -w")
        (built / "otelcol").replace(scratch / "otelcol")
