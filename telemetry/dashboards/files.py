"""Where the dashboards go: a file each for Grafana of docker-compose.yml, and word for word the
same as ConfigMaps, which the sidecar of Grafana in a cluster looks for by their label."""

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from telemetry.dashboards.dead_letters import DEAD_LETTERS
from telemetry.dashboards.document import text_of
from telemetry.dashboards.overview import OVERVIEW
from telemetry.dashboards.panels import Dashboard
from telemetry.dashboards.pipeline import PIPELINE
from telemetry.dashboards.tenant import TENANT

_DEPLOYMENT: Final = Path(__file__).parents[2] / "deployment"
FOLDER: Final = _DEPLOYMENT / "monitoring" / "grafana" / "dashboards"
MANIFESTS: Final = _DEPLOYMENT / "kubernetes" / "components" / "monitoring" / "dashboards.yaml"
DASHBOARDS: Final[Mapping[str, Dashboard]] = {
    "overview": OVERVIEW,
    "pipeline": PIPELINE,
    "dead-letters": DEAD_LETTERS,
    "tenant": TENANT,
}
"""By the name of the file."""

_HEAD: Final = "# Written by `python -m telemetry.dashboards`: change what is declared there.\n"


def files() -> Iterator[tuple[Path, str]]:
    """Each with the text that it should have."""
    texts = {name: text_of(dashboard) for name, dashboard in DASHBOARDS.items()}
    for name, text in texts.items():
        yield FOLDER / f"{name}.json", text
    yield MANIFESTS, _HEAD + "---\n".join(_manifest(name, text) for name, text in texts.items())


def _manifest(name: str, text: str) -> str:
    """`grafana_dashboard` and `grafana_folder` are what Grafana's chart looks for by default."""
    return (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n"
        f"  name: grafana-{name}\n"
        '  labels: {grafana_dashboard: "1"}\n'
        "  annotations: {grafana_folder: Image Analyzer}\n"
        f"data:\n  {name}.json: |\n" + textwrap.indent(text, "    ")
    )
