"""All of docker-compose.yml but its containers: its servers by their own commands and files, the
product by its commands, variables and secrets. Only addresses and paths are others."""

import json
import os
import re
import urllib.error
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.support.compose_model import ROOT
from tests.support.native_compose_product import LASTING, NativeCompose, from_checkout
from tests.support.services.clamd import EICAR
from tests.support.services.postgres_folder import folder_for_postgres
from tests.support.services.programs import NotInstalledError

pytestmark = [
    pytest.mark.kafka, pytest.mark.postgres, pytest.mark.redis, pytest.mark.s3,
    pytest.mark.slow,
]  # fmt: skip


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeCompose]:
    folder = tmp_path_factory.mktemp("compose")
    with folder_for_postgres(folder / "postgres") as postgres_folder, ExitStack() as until_the_end:
        try:
            running = NativeCompose(folder, postgres_folder, from_checkout)
            running.start(until_the_end)
        except NotInstalledError as missing:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(missing))
        yield running


@pytest.fixture(scope="module")
def key(compose: NativeCompose) -> str:
    made = compose.run("operator", "keys", "create", "--tenant", "demo", "--name", "mine")
    return made.split()[-1]


def test_a_picture_goes_all_the_way(compose: NativeCompose, key: str) -> None:
    picture = (ROOT / "samples/astronaut.jpg").read_bytes()
    status, result = compose.analyze(key, "astronaut.jpg", picture)
    assert status == 200, result
    assert "person" in {found["name"] for found in result["detected_objects"]}
    assert result["model"]["name"] == "centernet-mbv3"


def test_malware_is_found_by_the_scanner_beside_it(compose: NativeCompose, key: str) -> None:
    picture = (ROOT / "samples/coffee.jpg").read_bytes()
    end_of_image = picture[-2:]
    status, refusal = compose.analyze(key, "x.jpg", picture[:-2] + EICAR + end_of_image)
    assert (status, refusal["code"]) == (422, "malware_detected")


@pytest.mark.parametrize("name", LASTING)
def test_the_health_check_says_ready(compose: NativeCompose, name: str) -> None:
    _, program, *words = compose.services[name].said["healthcheck"]["test"]
    assert program == "image-analyzer"
    said = json.loads(compose.run(name, *words))
    assert {one["status"] for one in said["dependencies"].values()} == {"up"}


def test_the_health_check_fails_without_its_process(compose: NativeCompose) -> None:
    asked = compose.try_to_run("io", "health", "--ready", ANALYZER_WORKER__HEALTH_PORT="1")
    assert asked.returncode == 3
    assert "127.0.0.1:1 does not answer /ready" in asked.stderr


def test_no_process_is_the_owner_of_the_tables(compose: NativeCompose) -> None:
    with psycopg.connect(compose.here.secret("postgres-owner-dsn")) as connection:
        rows = connection.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE usename <> 'analyzer'"
        ).fetchall()
        owned = connection.execute(
            "SELECT count(*) FROM pg_class JOIN pg_roles ON relowner = pg_roles.oid"
            " WHERE rolname IN ('api', 'worker')"
        ).fetchone()
    assert {name for (name,) in rows} == {"api", "worker"}
    assert owned == (0,)


def test_making_the_users_again_changes_nothing(compose: NativeCompose) -> None:
    compose.postgres.make_users()
    with psycopg.connect(compose.here.secret("postgres-api-dsn")) as connection:
        row = connection.execute("SELECT current_user, count(*) FROM analyses").fetchone()
    assert row == ("api", 0), "row security shows nothing to whoever names no tenant"


def test_the_user_of_the_dashboards_reads_and_does_nothing_else(compose: NativeCompose) -> None:
    password = compose.here.secret("postgres-dashboards-password")
    dsn = make_conninfo(
        compose.here.secret("postgres-owner-dsn"), user="dashboards", password=password
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("SELECT current_user, count(tenant_id) FROM tenants").fetchone()
        assert row is not None
        assert row[0] == "dashboards"
        for text in ("SELECT * FROM api_keys", "SELECT result FROM analyses"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(text)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TEMPORARY TABLE mine (a int)")
        assert connection.execute("SHOW statement_timeout").fetchone() == ("15s",)


def test_redis_lets_the_product_do_what_it_does(compose: NativeCompose, key: str) -> None:
    picture = (ROOT / "samples/chelsea.jpg").read_bytes()
    assert compose.analyze(key, "chelsea.jpg", picture)[0] == 200
    told = compose.get("metrics", "/metrics")
    assert re.search(r"^analyzer_limiter_degraded 0", told, re.MULTILINE)
    assert not re.search(r"^analyzer_cache_failures_total\S* [1-9]", told, re.MULTILINE)


def test_metrics_are_on_their_own_port_only(compose: NativeCompose) -> None:
    assert "analyzer_build_info" in compose.get("metrics", "/metrics")
    with pytest.raises(urllib.error.HTTPError, match=r"401|404"):
        compose.get("api", "/metrics")


def test_no_secret_is_in_a_log(compose: NativeCompose, key: str) -> None:
    secrets = {file.name: file.read_text().strip() for file in compose.here.secrets.iterdir()}
    written = "".join(process.log_file.read_text() for process in compose.processes.values())
    written += "".join(server.log_file.read_text() for server in compose.servers)
    assert "image_analyzed" in written
    assert [name for name, text in (*secrets.items(), ("key", key)) if text in written] == []
