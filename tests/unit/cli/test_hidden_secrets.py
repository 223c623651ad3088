"""No object of the settings, and nothing that is said of a wrong one, shows a secret."""

import json
import traceback
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from cli.environment import _model_in, secret_variables
from cli.exit_codes import ConfigurationError
from cli.settings import Settings, load_settings
from ingest_api.wiring import ApiConfig
from processors.parts import WorkerConfig
from tests.support.canary_secrets import canaries, canary, canary_in, secret_fields, shown

COMPLETE = {
    "ANALYZER_BUCKET__ENDPOINT": "http://127.0.0.1:1",
    "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "ANALYZER_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "ANALYZER_KAFKA__USERNAME": "analyzer",
}
SLICES = {
    name: slice_
    for name, field in Settings.model_fields.items()
    if (slice_ := _model_in(field.annotation)) is not None and secret_fields(slice_)
}


@pytest.fixture
def hidden() -> dict[str, str]:
    return canaries(Settings)


def ways_to_show(thing: Any) -> list[str]:
    found = [repr(thing), str(thing), f"{thing}", f"{[thing]!r}"]
    if isinstance(thing, BaseModel):
        found += [thing.model_dump_json(), str(thing.model_dump())]
        found.append(json.dumps(thing.model_dump(mode="json")))
    return found


def test_settings_that_hold_every_secret_show_none(hidden: dict[str, str]) -> None:
    settings = load_settings(COMPLETE | hidden)
    slices = [getattr(settings, name) for name in type(settings).model_fields]
    for thing in (settings, *slices, vars(settings)):
        for text in ways_to_show(thing):
            assert shown(text, hidden) == []


def test_the_secrets_were_in_what_was_shown(hidden: dict[str, str]) -> None:
    """Or the test above could not fail."""
    settings = load_settings(COMPLETE | hidden)
    found = {
        f"ANALYZER_{slice_.upper()}__{name.upper()}": getattr(getattr(settings, slice_), name)
        for slice_, model in SLICES.items()
        for name in secret_fields(model)
    }
    assert found.keys() == secret_variables(Settings)
    assert {name: secret.get_secret_value() for name, secret in found.items()} == hidden


@pytest.mark.parametrize("config", [ApiConfig, WorkerConfig])
def test_what_a_process_is_handed_shows_none(
    config: Callable[..., Any], hidden: dict[str, str]
) -> None:
    settings = load_settings(COMPLETE | hidden)
    assert is_dataclass(config)
    wanted = {field.name for field in fields(config)}
    known = {name for name in Settings.model_fields if name in wanted}
    handed = config(**{name: getattr(settings, name) for name in known})
    for text in ways_to_show(handed):
        assert shown(text, hidden) == []


def test_a_traceback_through_the_settings_shows_none(hidden: dict[str, str]) -> None:
    settings = load_settings(COMPLETE | hidden)
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError(settings, settings.postgres, settings.redis)
    assert shown("".join(traceback.format_exception(caught.value)), hidden) == []


@pytest.mark.parametrize("name", SLICES)
def test_an_error_of_a_slice_does_not_quote_its_input(name: str) -> None:
    model, secret = SLICES[name], canary()
    names = secret_fields(model)
    for wrong in (
        dict.fromkeys(names, secret) | {"no_such_setting": secret},
        {key: [secret] for key in names},
        {key: {"a": secret} for key in names},
    ):
        with pytest.raises(ValidationError) as caught:
            model(**wrong)
        assert secret not in "".join(traceback.format_exception(caught.value))


WRONG = [
    {"ANALYZER_POSTGRES__DSN": "postgresql://analyzer:{}%zz@db/analyzer"},
    {"ANALYZER_POSTGRES__DSN": "{}"},
    {"ANALYZER_POSTGRES__DSN": "host='{}"},
    {"ANALYZER_POSTGRES__DNS": "postgresql://analyzer:{}@db/analyzer"},
    {"ANALYZER_POSTGRES": '{{"dsn": "{}", "nothing": 1}}'},
    {"ANALYZER_REDIS__URL": "redis://:{}/1@cache"},
    {"ANALYZER_REDIS__URL": "http://:{}@cache"},
    {"ANALYZER_API__SECRET": "{}"},
    {"ANALYZER_BUCKET__SECRET_KEY": "{}"},
    {"ANALYZER_BUCKET__SECRET_KEY": "{}", "ANALYZER_BUCKET__ENDPOINT": "https://s3/path"},
    {"ANALYZER_BUCKET__ACCESS_KEY": "{}", "ANALYZER_BUCKET__SECURE": "x"},
    {"ANALYZER_KAFKA__PASSWORD": "{}"},
    {"ANALYZER_KAFKA__PASSWORD": "{}", "ANALYZER_KAFKA__SECURITY_PROTOCOL": "SASL"},
    {"ANALYZER_AUTH__PREVIOUS_KEY": "{}"},
    {"ANALYZER_AUTH__SIGNING_KEY_PATH": "{}"},
    {"ANALYZER_KEY_VAULT_URL": "https://user:{}@vault"},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=" ".join)
def test_what_is_said_of_wrong_settings_holds_no_secret(wrong: dict[str, str]) -> None:
    secret = canary()[:30]  # too short to seal anything
    with pytest.raises(ConfigurationError) as caught:
        load_settings({name: text.format(secret) for name, text in wrong.items()})
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_a_file_that_is_no_text_is_not_quoted(tmp_path: Path) -> None:
    file, secret = tmp_path / "dsn", canary()
    file.write_bytes(secret.encode() + b"\xff")
    with pytest.raises(ConfigurationError) as caught:
        load_settings({"ANALYZER_POSTGRES__DSN_FILE": str(file)})
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_a_canary_is_found_where_it_is() -> None:
    hidden = canaries(Settings)
    assert shown(" ".join(hidden.values()), hidden) == list(hidden)
    assert len({canary_in(text) for text in hidden.values()}) == len(hidden)
