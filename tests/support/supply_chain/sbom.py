"""What the product is made of, as CycloneDX.

`python -m tests.support.supply_chain.sbom [LOCK]` writes var/sbom-LOCK.cdx.json from
locks/LOCK.txt: runtime, which the container image installs, unless another is named.
"""

import subprocess
import sys
from pathlib import Path

from tests.support.supply_chain.locks import ALL, ROOT
from tests.support.unmeasured import unmeasured


def write_sbom(lock: str, to: Path) -> None:
    """Every package of the lock with its version and hashes; twice the same when the lock is."""
    command = (
        sys.executable, "-m", "cyclonedx_py", "requirements", str(ROOT / "locks" / f"{lock}.txt"),
        "--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application",
        "--output-reproducible", "--output-format", "JSON", "--output-file", str(to),
    )  # fmt: skip
    subprocess.run(command, check=True, env=unmeasured())


def main(arguments: list[str]) -> int:
    lock = arguments[0] if arguments else "runtime"
    if lock not in ALL:
        sys.stderr.write(f"there is no lock {lock}; there are {', '.join(ALL)}\n")
        return 2
    file = ROOT / "var" / f"sbom-{lock}.cdx.json"
    file.parent.mkdir(exist_ok=True)
    write_sbom(lock, file)
    sys.stdout.write(f"wrote {file.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
