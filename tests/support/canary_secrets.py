"""A secret for every secret setting that there is, each to be known again wherever it comes out."""

import secrets
import uuid

from pydantic import BaseModel

from cli.environment import secret_variables

_NOWHERE = "127.0.0.1:1"


def canary() -> str:
    return "canary" + secrets.token_hex(16)


def canaries(settings: type[BaseModel]) -> dict[str, str]:
    """By variable. One that is an address too is whole, and leads to a closed port; its canary is
    the password in it: `canary_in` finds it."""
    return {name: _shaped(name, canary()) for name in sorted(secret_variables(settings))}


def canary_in(text: str) -> str:
    """Of a secret that is no canary, such as a key in PEM, the longest line."""
    if "canary" not in text:
        return max(text.splitlines(), key=len)
    begin = text.index("canary")
    return text[begin : begin + len(canary())]


def shown(text: str, hidden: dict[str, str]) -> list[str]:
    """The variables whose secret can be read in this text."""
    return [name for name, value in hidden.items() if canary_in(value) in text]


def secret_fields(model: type[BaseModel]) -> list[str]:
    return [
        name for name, field in model.model_fields.items() if "SecretStr" in str(field.annotation)
    ]


def _shaped(variable: str, hidden: str) -> str:
    if variable.endswith("__DSN"):
        return f"postgresql://analyzer:{hidden}@{_NOWHERE}/analyzer"
    if variable.endswith("__URL"):
        return f"redis://:{hidden}@{_NOWHERE}/0"
    if variable.endswith("__HEADERS"):
        return f"x-api-key={hidden}"
    if variable.endswith("__CONNECTION_STRING"):
        named = f"IngestionEndpoint=http://{_NOWHERE}/;ApplicationId={hidden}"
        return f"InstrumentationKey={uuid.uuid4()};{named}"
    return hidden
