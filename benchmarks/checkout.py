"""Where this checkout lies and which version it is."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def commit() -> str:
    """The commit, with `+changes` when files differ from it; `unknown` without git."""
    found = _git("rev-parse", "--short=12", "HEAD")
    if found is None:
        return "unknown"
    changed = _git("status", "--porcelain", "--untracked-files=all")
    return f"{found}+changes" if changed else found


def _git(*arguments: str) -> str | None:
    try:
        finished = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout.strip() if finished.returncode == 0 else None
