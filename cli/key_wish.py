"""Options of the command line to what a new key shall be."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from cli.exit_codes import ConfigurationError
from schemas.identity import KeyWish

_OPTIONS: Final = {"scopes": "--scope", "networks": "--network", "expires_at": "--expires"}


def to_wish(options: Mapping[str, Any]) -> KeyWish:
    """Raises ConfigurationError that names the option."""
    given = {name: value for name, value in options.items() if value is not None}
    if "expires_at" in given:
        given["expires_at"] = _moment(given["expires_at"])
    try:
        return KeyWish.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0])
        name, said = _OPTIONS.get(field, f"--{field}"), first["msg"].removeprefix("Input ")
        raise ConfigurationError(f"{name} {first['input']}: {said}") from None


def _moment(text: str) -> datetime:
    """In UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--expires {text}: not a moment such as 2027-01-31") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if moment <= datetime.now(UTC):
        raise ConfigurationError(f"--expires {text}: is past")
    return moment
