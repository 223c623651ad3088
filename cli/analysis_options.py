"""`-o NAME=VALUE` of the command line to the options of an analysis."""

import re
from collections.abc import Sequence

from pydantic import ValidationError

from cli.exit_codes import ConfigurationError
from schemas.options import NAMED_THRESHOLDS, AnalysisOptions

_DIGITS = re.compile("[0-9]{1,9}")


def to_pairs(given: Sequence[str]) -> dict[str, str]:
    """As an API takes them, which checks the values. Raises ConfigurationError."""
    options: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name.replace("_", "").isalpha():
            raise ConfigurationError(f"--option {pair}: must be NAME=VALUE")
        if name in options:
            raise ConfigurationError(f"--option {name}: was given more than once")
        options[name] = value
    return options


def to_options(given: Sequence[str]) -> AnalysisOptions:
    """Checked here: there is no API between. Raises ConfigurationError."""
    values = {name: _value(name, text) for name, text in to_pairs(given).items()}
    try:
        return AnalysisOptions.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"--option {name}: {first['msg']}") from None


def _value(name: str, text: str) -> object:
    if name == "labels":
        return [label.strip() for label in text.split(",")]
    if name == "include_metadata" and text in {"true", "false"}:
        return text == "true"
    if name == "max_objects" and _DIGITS.fullmatch(text):
        return int(text)
    if name == "confidence_threshold" and text not in NAMED_THRESHOLDS:
        return _number(name, text)
    return text


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(
            f"--option {name}={text}: must be low, medium, high or a number from 0 to 1"
        ) from None
