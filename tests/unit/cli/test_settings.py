"""Settings: every variable is known or an error, every problem is one line that names it."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from cli.exit_codes import ConfigurationError, ExitCode
from cli.settings import Settings, load_settings, require


def problems(environment: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environment)
    assert caught.value.exit_code is ExitCode.CONFIGURATION
    return str(caught.value).splitlines()


def test_nothing_set_gives_the_defaults() -> None:
    assert load_settings({"PATH": "/bin"}) == Settings()


def test_a_slice_is_set_by_its_name() -> None:
    settings = load_settings(
        {"ANALYZER_KAFKA__PARTITIONS": "24", "ANALYZER_MODELS_DIR": "/srv/models"}
    )
    assert settings.kafka.partitions == 24
    assert settings.models_dir == Path("/srv/models")


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        load_settings({}).models_dir = Path("/elsewhere")  # type: ignore[misc] # the test


def test_the_process_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYZER_KAFKA__PARTITIONS", "7")
    assert load_settings({}).kafka.partitions == 4


def test_a_misspelt_name_is_named_with_its_neighbours() -> None:
    (line,) = problems({"ANALYZER_KAFKA__PARTITION": "3"})
    assert line == (
        "ANALYZER_KAFKA__PARTITION: there is no such setting; "
        "did you mean ANALYZER_KAFKA__PARTITIONS?"
    )


def test_a_name_like_nothing_we_know() -> None:
    assert problems({"ANALYZER_ZZZ": "3"}) == ["ANALYZER_ZZZ: there is no such setting; remove it"]


@pytest.mark.parametrize("name", ["ANALYZER_TEST_KAFKA", "ANALYZER_SHARED_DIR", "OTHER__THING"])
def test_what_is_no_setting_of_the_product_is_left_alone(name: str) -> None:
    assert load_settings({name: "x"}) == Settings()


def test_every_problem_gets_its_own_line() -> None:
    lines = problems(
        {
            "ANALYZER_KAFKA__PARTITIONS": "many",
            "ANALYZER_WORKER__CHILDREN": "0",
            "ANALYZER_LOG__LEVEL": "loud",
            "ANALYZER_LOG__COLOUR": "red",
        }
    )
    assert sorted(line.partition(":")[0] for line in lines) == [
        "ANALYZER_KAFKA__PARTITIONS=many",
        "ANALYZER_LOG__COLOUR",
        "ANALYZER_LOG__LEVEL=loud",
        "ANALYZER_WORKER__CHILDREN=0",
    ]
    assert any("'debug', 'info', 'warning' or 'error'" in line for line in lines)


def test_a_wrong_secret_is_not_shown() -> None:
    (line,) = problems({"ANALYZER_API__SECRET": "too-short"})
    assert line.startswith("ANALYZER_API__SECRET: ")
    assert "too-short" not in line


def test_a_slice_that_is_begun_must_be_complete() -> None:
    assert problems({"ANALYZER_POSTGRES__POOL_MAX_SIZE": "3"}) == [
        "ANALYZER_POSTGRES__DSN: is not set, but other settings beside it are"
    ]


def test_settings_that_contradict_each_other_name_their_slice() -> None:
    (line,) = problems({"ANALYZER_BUCKET__REGION": "eu-north-1"})
    assert line.startswith("ANALYZER_BUCKET__*: set either endpoint")


@pytest.mark.parametrize("text", ["10.0.0.0/8, 192.168.0.0/16", '["10.0.0.0/8", "192.168.0.0/16"]'])
def test_lists_are_comma_separated_or_json(text: str) -> None:
    worker = load_settings({"ANALYZER_WORKER__FETCH_ALLOW_NETWORKS": text}).worker
    assert [str(network) for network in worker.fetch_allow_networks] == [
        "10.0.0.0/8",
        "192.168.0.0/16",
    ]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "dsn"
    file.write_text("postgresql:///db?host=/run/postgres\n")
    postgres = load_settings({"ANALYZER_POSTGRES__DSN_FILE": str(file)}).postgres
    assert postgres is not None
    assert postgres.dsn.get_secret_value() == "postgresql:///db?host=/run/postgres"


def test_a_secret_from_two_places_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "dsn"
    file.write_text("a")
    (line,) = problems({"ANALYZER_POSTGRES__DSN_FILE": str(file), "ANALYZER_POSTGRES__DSN": "b"})
    assert "both set" in line


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (line,) = problems({"ANALYZER_POSTGRES__DSN_FILE": str(tmp_path / "gone")})
    assert line.startswith("ANALYZER_POSTGRES__DSN_FILE: cannot read ")


def test_only_secrets_come_from_files() -> None:
    (line,) = problems({"ANALYZER_KAFKA__PARTITIONS_FILE": "/x"})
    assert "there is no such setting" in line


def test_a_part_that_a_command_needs() -> None:
    with pytest.raises(ConfigurationError, match="ANALYZER_POSTGRES__DSN: is not set"):
        require(load_settings({}).postgres, "ANALYZER_POSTGRES__DSN")
    assert require("here", "ANALYZER_X") == "here"


def test_an_inbox_may_be_bound_to_a_tenant() -> None:
    text = '{"image-submitted-inbox": "acme"}'
    worker = load_settings({"ANALYZER_WORKER__INBOX_TENANTS": text}).worker
    assert worker.inbox_tenants == {"image-submitted-inbox": "acme"}
    assert load_settings({}).worker.inbox_tenants == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"image-submitted": "acme"}', "no inbox is called image-submitted; there are"),
        ('{"image-submitted-inbox": "No!"}', "String should match pattern"),
        ('{"image-submitted-inbox": 7}', "should be a valid string"),
        ("image-submitted-inbox=acme", "should be a valid dictionary"),
        ("[]", "should be a valid dictionary"),
    ],
)
def test_an_inbox_is_bound_to_nothing_else(text: str, said: str) -> None:
    (line,) = problems({"ANALYZER_WORKER__INBOX_TENANTS": text})
    assert line.startswith("ANALYZER_WORKER__INBOX_TENANTS")
    assert said in line


@pytest.mark.parametrize("point", ["after_object", "after_row", "before_answer"])
def test_a_failpoint_is_one_of_those_that_there_are(point: str) -> None:
    assert load_settings({"ANALYZER_API__FAILPOINT": point}).api.failpoint == point
    assert load_settings({}).api.failpoint is None
    (line,) = problems({"ANALYZER_API__FAILPOINT": "sometimes"})
    assert line.startswith("ANALYZER_API__FAILPOINT=sometimes: ")
    assert point in line
