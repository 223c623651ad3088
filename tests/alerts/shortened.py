"""The shipped rules and times of Prometheus, all made shorter by one factor.

Changed are durations (`for`, ranges, offsets, scrape and evaluation interval) and thresholds that
are themselves times of waiting: `TIMES`. Nothing else is: expressions, labels, ratios, counts and
names of recording rules stay letter by letter.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

FACTOR: Final = 24
"""60 s become 2.5 s: the next smaller bound of the histogram that counts late outcomes."""

TIMES: Final[Mapping[str, tuple[str, float]]] = {
    "InteractiveRequestsAge": (" > {}", 60),
    "BulkRequestsAge": (" > {}", 3600),
    "WebhooksAge": (" > {}", 300),
    "PostgresPoolExhausted": (" > {}", 10),
    "ProbeFailing": (" > {}", 900),
    **{
        f"analyzer:late:ratio{window}": ('le="{}"', 60.0)
        for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
    },
}
"""Of a rule: how the threshold stands in its expression, and its seconds."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])|(?<=offset )(\d+)([smhd])\b")


def shortened_rules(text: str, factor: int = FACTOR) -> str:
    """A file of rules. Raises ValueError where a threshold of `TIMES` does not stand as it says."""
    document = yaml.safe_load(text)
    for group in document["groups"]:
        for rule in group["rules"]:
            _shorten(rule, factor)
    return yaml.safe_dump(document, sort_keys=False)


def shortened(duration: str, factor: int = FACTOR) -> str:
    """`1m` as `2500ms`."""
    seconds = int(duration[:-1]) * _UNITS[duration[-1]]
    return f"{seconds * 1000 // factor}ms"


def configuration(shipped: Path, rules: Path, targets: Mapping[str, int]) -> dict[str, Any]:
    """Of Prometheus: the shipped times, and one job for each process, by its port."""
    times = yaml.safe_load(shipped.read_text(encoding="utf-8"))["global"]
    short = {name: shortened(duration) for name, duration in times.items()}
    return {
        # As long as the interval: a third of it is too little for two busy cores.
        "global": short | {"scrape_timeout": short["scrape_interval"]},
        "rule_files": [str(rules / "*.yml")],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
            for job, port in targets.items()
        ],
    }


def _shorten(rule: dict[str, Any], factor: int) -> None:
    name = rule.get("alert") or rule["record"]
    rule["expr"] = _DURATION.sub(lambda found: shortened(found.group(), factor), rule["expr"])
    if name in TIMES:
        pattern, seconds = TIMES[name]
        stands = pattern.format(seconds)
        if rule["expr"].count(stands) != 1:
            raise ValueError(f"{name}: {stands!r} does not stand once in {rule['expr']!r}")
        rule["expr"] = rule["expr"].replace(stands, pattern.format(seconds / factor))
    if "for" in rule:
        rule["for"] = shortened(rule["for"], factor)
