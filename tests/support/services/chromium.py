"""A page as a browser shows it: what it became, what it asked for, and of what it complained."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.services import recipes
from tests.support.services.programs import on_path

_PATIENCE_S = 120
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=15000",
    "--enable-logging=stderr",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looked:
    """`asked` are the addresses that the page itself asked for, its own among them; what the
    browser asks its maker is left out."""

    html: str
    asked: frozenset[str]
    complaints: tuple[str, ...]


def look_at(url: str, folder: Path) -> Looked:
    """`folder` is for the profile and the log of the network."""
    log = folder / "net.json"
    done = subprocess.run(
        (
            chromium_program(), *_FLAGS, f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={log}", "--dump-dom", url,
        ),
        capture_output=True, text=True, timeout=_PATIENCE_S, check=True,
    )  # fmt: skip
    said = tuple(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return Looked(done.stdout, _asked(json.loads(log.read_text(encoding="utf-8")), url), said)


def _asked(log: dict[str, object], url: str) -> frozenset[str]:
    """Every request has its initiator in the log: the origin of the page, or nobody for a page
    that was typed in."""
    origin = "/".join(url.split("/")[:3])
    events = log["events"]
    assert isinstance(events, list)
    asked = (event.get("params", {}) for event in events)
    return frozenset(
        str(one["url"])
        for one in asked
        if "url" in one and (one.get("initiator") == origin or one["url"] == url)
    )


def chromium_program() -> Path:
    return on_path("chromium")


def chromium_recipe() -> recipes.Recipe:
    return recipes._from_debian("chromium", "chromium", chromium_program, is_optional=True)
