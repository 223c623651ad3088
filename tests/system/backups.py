"""The backup scripts as an operator runs them, and the loss that they are for."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from tests.support.product_processes import ROOT, Product
from tests.support.services import programs
from tests.support.services.databases import in_database
from tests.support.services.stack import Stack

_SCRIPTS = ROOT / "deployment" / "backup"
_BUCKET = "images"


def run_script(name: str, folder: Path, stack: Stack) -> subprocess.CompletedProcess[str]:
    """To its end; the caller looks at how that was."""
    return subprocess.run(
        [str(_SCRIPTS / name), str(folder)], env=_variables(stack),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def lose_everything_but_the_log(stack: Stack) -> None:
    """No table and no picture is left; the database and the bucket are there, and empty."""
    name = urlsplit(stack.postgres_dsn).path.removeprefix("/")
    with psycopg.connect(in_database(stack.postgres_dsn, "postgres"), autocommit=True) as server:
        for statement in ("DROP DATABASE {} WITH (FORCE)", "CREATE DATABASE {}"):
            server.execute(sql.SQL(statement).format(sql.Identifier(name)))
    for left in pictures_in(stack).iterdir():
        shutil.rmtree(left)


def pictures_in(stack: Stack) -> Path:
    """Where the S3 server keeps them as files."""
    return stack.s3.folder / "buckets" / _BUCKET


def results(dsn: str) -> dict[str, str | None]:
    """The result document of every request, by its id, as the database writes it."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT request_id::text, result::text FROM analyses").fetchall()
    return dict(rows)


def failures(dsn: str) -> dict[str, str]:
    """The codes of all requests that failed, by their ids."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT request_id::text, failure_code FROM analyses WHERE state = 'failed'"
        ).fetchall()
    return dict(rows)


def command(product: Product, *arguments: str) -> str:
    """What a command of the product says, with the settings of the io worker."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env=dict(product.io.environment), cwd=ROOT, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _variables(stack: Stack) -> Mapping[str, str]:
    database = urlsplit(stack.postgres_dsn)
    folder = programs.postgres_program("pg_dump").parent
    return {
        "PATH": f"{folder}:{programs.rclone().parent}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "PGHOST": str(database.hostname),
        "PGPORT": str(database.port),
        "PGUSER": str(database.username),
        "PGPASSWORD": unquote(database.password or ""),
        "PGDATABASE": database.path.removeprefix("/"),
        "PICTURES": f":s3:{_BUCKET}",
        "RCLONE_S3_PROVIDER": "Other",
        "RCLONE_S3_ENDPOINT": stack.s3_endpoint,
        "RCLONE_S3_ACCESS_KEY_ID": stack.s3_access_key,
        "RCLONE_S3_SECRET_ACCESS_KEY": stack.s3_secret_key,
    }
