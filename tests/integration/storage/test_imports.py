"""What the API and the processors import leaves the heavy libraries of commands alone."""

import subprocess
import sys

RUN_TIME = [
    "storage.analyses_postgres",
    "storage.api_keys_postgres",
    "storage.cache_redis",
    "storage.images_folder",
    "storage.images_s3",
    "storage.schema_version",
    "storage.settings",
]


def test_running_needs_neither_sqlalchemy_nor_alembic() -> None:
    program = (
        f"import sys, {', '.join(RUN_TIME)}\n"
        "print(*sorted({'sqlalchemy', 'alembic', 'mako'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == []
