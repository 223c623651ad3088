"""The small parts of the embedded mode: lock, ports, key, connection file, environment, words."""

import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.data_folder import DataFolder, default_data_folder
from cli.embedded.connection import Connection, read_connection
from cli.embedded.database import Database, end_leftover
from cli.embedded.demo_key import demo_key
from cli.embedded.environment import process_environment
from cli.embedded.instance import WORKERS, Instance, Ports, samples_folder
from cli.embedded.lock import only_instance
from cli.embedded.ports import answers, free_ports, require_free
from cli.embedded.ready_box import NOTICE, ready_box
from cli.embedded.signing_key import keep_signing_key
from cli.embedded.webhook_secret import keep_webhook_secret
from cli.exit_codes import CommandError, DependencyError
from ingest_api.auth_keys import key_ring
from ingest_api.auth_settings import AuthSettings
from outbound.settings import WebhookSettings
from processors.app import NAMES

CONNECTION = Connection("http://127.0.0.1:1", "aia_key", "127.0.0.1:2", "postgresql://", "/o", {})


def test_a_second_instance_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    second = only_instance(lock)
    with only_instance(lock), pytest.raises(CommandError, match=r"already runs on .*process \d+"):
        second.__enter__()
    with only_instance(lock):
        assert lock.exists()


def test_a_stale_lock_file_is_harmless(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("999999999\n")
    with only_instance(tmp_path / ".lock"):
        assert (tmp_path / ".lock").read_text().strip() != "999999999"


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert answers(port)
        with pytest.raises(CommandError, match=f"port {port} is taken"):
            require_free(port)


def test_free_ports_are_free_and_different() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert not any(map(answers, ports))
    require_free(ports[0])


def test_the_key_is_minted_once_and_private(tmp_path: Path) -> None:
    file = tmp_path / "api_key"
    key = demo_key(file)
    assert demo_key(file) == key
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("broken")
    assert demo_key(file) not in {key, "broken"}


def test_the_signing_key_is_made_once_private_and_good(tmp_path: Path) -> None:
    file = tmp_path / "signing_key.pem"
    keep_signing_key(file)
    made = file.read_text()
    keep_signing_key(file)
    assert file.read_text() == made
    assert file.stat().st_mode & 0o777 == 0o600
    ring = key_ring(AuthSettings(signing_key=SecretStr(made)))
    assert ring is not None
    assert ring().signing.algorithm == "EdDSA"
    file.write_text("broken")
    keep_signing_key(file)
    assert key_ring(AuthSettings(signing_key=SecretStr(file.read_text()))) is not None
    assert file.read_text() != made


@pytest.mark.parametrize("name", ["ANALYZER_AUTH__SIGNING_KEY", "ANALYZER_AUTH__SIGNING_KEY_FILE"])
def test_the_api_alone_signs_and_with_ones_own_key_where_there_is_one(
    tmp_path: Path, name: str
) -> None:
    ports, ours = Ports(1, 2, {"detect": 3, "io": 4}), str(tmp_path / "signing_key.pem")
    for base, held in (({}, {ours}), ({name: "mine"}, {"mine"})):
        instance = Instance(DataFolder(tmp_path), ports, base, None)
        for unit in instance.processes():
            environment = unit.make_program().environment
            found = {text for key, text in environment.items() if "SIGNING_KEY" in key}
            assert found == (held if unit.name == "api" or base else set())


def test_the_webhook_secret_is_made_once_and_private(tmp_path: Path) -> None:
    file = tmp_path / "webhook_secret"
    keep_webhook_secret(file)
    made = file.read_text()
    keep_webhook_secret(file)
    assert file.read_text() == made
    assert file.stat().st_mode & 0o777 == 0o600
    assert WebhookSettings(master_secret=SecretStr(made.strip())).master_secret is not None


@pytest.mark.parametrize(
    "name", ["ANALYZER_WEBHOOKS__MASTER_SECRET", "ANALYZER_WEBHOOKS__MASTER_SECRET_FILE"]
)
def test_who_decodes_pictures_is_not_given_the_webhook_secret(tmp_path: Path, name: str) -> None:
    ports, ours = Ports(1, 2, {"detect": 3, "io": 4}), str(tmp_path / "webhook_secret")
    for base, held in (({}, {ours}), ({name: "mine"}, {"mine"})):
        instance = Instance(DataFolder(tmp_path), ports, base, None)
        for unit in instance.processes():
            environment = unit.make_program().environment
            found = {text for key, text in environment.items() if "MASTER_SECRET" in key}
            assert found == (held if unit.name != "detect" or base else set())


def test_the_connection_file_is_private_and_complete(tmp_path: Path) -> None:
    file = tmp_path / "connection.json"
    CONNECTION.write(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_connection(file) == CONNECTION
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"base_url": 1}'])
def test_a_broken_connection_file_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "c").write_text(text)
    assert read_connection(tmp_path / "c") is None
    assert read_connection(tmp_path / "missing") is None


def test_processes_get_our_servers_and_keep_other_settings(tmp_path: Path) -> None:
    base = {
        "ANALYZER_BUCKET__ENDPOINT": "s3.example",
        "ANALYZER_POSTGRES__DSN_FILE": "/secret",
        "ANALYZER_REDIS__URL": "redis://elsewhere",
        "ANALYZER_WORKER__CHILDREN": "1",
        "PATH": "/bin",
    }
    made = process_environment(base, DataFolder(tmp_path), broker="b:1", dsn="dsn", api_port=8080)
    assert made["ANALYZER_WORKER__CHILDREN"] == "1"
    assert made["ANALYZER_POSTGRES__DSN"] == "dsn"
    assert made["ANALYZER_KAFKA__FETCH_MAX_WAIT_MS"] == "10"
    assert made["PATH"] == "/bin"
    assert not {"ANALYZER_BUCKET__ENDPOINT", "ANALYZER_POSTGRES__DSN_FILE"} & set(made)
    assert "ANALYZER_REDIS__URL" not in made


def test_every_processor_runs_once() -> None:
    assert sorted(name for names in WORKERS.values() for name in names) == sorted(NAMES)


def test_a_preferred_model_reaches_the_workers(tmp_path: Path) -> None:
    ports = Ports(1, 2, {"detect": 3, "io": 4})
    instance = Instance(DataFolder(tmp_path), ports, {}, "centernet-mbv3")
    assert instance.environment["ANALYZER_WORKER__PREFERRED_MODEL"] == "centernet-mbv3"
    assert instance.missing() == ["api", "detect", "io"]
    detect = {unit.name: unit for unit in instance.processes()}["detect"].make_program()
    assert detect.argv[-3:] == ("worker", "detect", "detect-bulk")
    assert detect.environment["ANALYZER_WORKER__HEALTH_PORT"] == "3"


def test_data_lies_in_the_checkout_or_in_the_home() -> None:
    folder = default_data_folder({"XDG_DATA_HOME": "/xdg"})
    assert folder.root.parts[-2:] == ("var", "data")
    assert samples_folder() is not None


def test_the_box_holds_what_is_needed() -> None:
    box = ready_box(CONNECTION, sample="/s/cup.jpg", data="/d")
    assert "http://127.0.0.1:1/docs" in box
    assert "curl -H 'Authorization: Bearer aia_key' -F image=@'/s/cup.jpg'" in box
    assert "ANALYZER_POSTGRES__DSN='postgresql://' image-analyzer users create ada@demo" in box
    framed = [line for line in box.splitlines() if line[:1] in "╭│╰" and line]
    assert len({len(line) for line in framed}) == 1
    assert "\n" not in NOTICE


def test_a_stale_postmaster_file_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "postmaster.pid"
    file.write_text("1\n/somewhere\n")
    end_leftover(tmp_path)
    assert not file.exists()
    end_leftover(tmp_path)


def test_the_database_says_when_it_is_ready(tmp_path: Path) -> None:
    database = Database(tmp_path, tmp_path / "log")
    assert not database.is_ready()
    (tmp_path / "postmaster.pid").write_text("1\nx\n0\n5432\n\n\n\nstarting\n")
    assert not database.is_ready()
    (tmp_path / "postmaster.pid").write_text("1\nx\n0\n5432\n\n\n\nready   \n")
    assert database.is_ready()


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match="too long a path"):
        Database(tmp_path / ("x" * 100), tmp_path / "log").program()
