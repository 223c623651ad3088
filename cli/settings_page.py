"""Settings to the page that lists them: `python -m cli.settings_page` writes docs/settings.md."""

import inspect
import sys
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from cli.environment import DELIMITER, PREFIX, secret_variables
from cli.key_vault import ANSWER_WITHIN_S, secret_name
from cli.secret_rules import SHORTEST_PASSWORD
from cli.settings import Settings

PAGE = Path("docs/settings.md")
_INTRODUCTION = """\
# Settings

Environment variables, read once at the start. An unknown `ANALYZER_*` name is an error that says
which name was meant. Lists are comma-separated. This page is written by
`python -m cli.settings_page`.

## Secrets

{secrets}

Each is looked for in the variable of its name; in the file that `<name>_FILE` names, as in
`ANALYZER_POSTGRES__DSN_FILE=/run/secrets/dsn`; and, when `ANALYZER_KEY_VAULT_URL` names an Azure
Key Vault, there under its name in lower case with `-` for `_`: `{dsn_secret}`. Given
twice, by variable and file, is an error. The vault is not asked for what is given by either, nor
for what the process has no use for: workers never hold the key that signs tokens. The keys of the
bucket are asked for only where `ANALYZER_BUCKET__ENDPOINT` is set, the password of the broker only
where `ANALYZER_KAFKA__USERNAME` is, the headers of exported spans only where
`ANALYZER_TRACES__ENDPOINT` is. Azure's own variables say who asks:
`AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_CLIENT_SECRET`, or a workload identity; without them
it is the managed identity. A vault that refuses or does not answer within {within:g} s ends the
start with exit code 3. The `azure` extra brings what this needs.

A process does not start (exit code 2) with a secret that protects nothing: a default or a
placeholder, repeated characters, a password shorter than {shortest} characters, or a DSN or Redis
URL that leads to another machine without one.
"""


def settings_page() -> str:
    parts = [_introduction()]
    for name, field in Settings.model_fields.items():
        section = _slice_of(field)
        if section is None:
            parts.append(f"## `{PREFIX}{name.upper()}`\n\n{field.description}\n")
        else:
            parts.append(_section(f"{PREFIX}{name.upper()}{DELIMITER}", section))
    return "\n".join(parts)


def _introduction() -> str:
    return _INTRODUCTION.format(
        secrets="\n".join(f"* `{name}`" for name in sorted(secret_variables(Settings))),
        dsn_secret=secret_name("ANALYZER_POSTGRES__DSN"),
        within=ANSWER_WITHIN_S,
        shortest=SHORTEST_PASSWORD,
    )


def _section(prefix: str, section: type[BaseModel]) -> str:
    rows = [
        f"| `{prefix}{name.upper()}` | {_default(field)} |"
        for name, field in section.model_fields.items()
    ]
    about = [inspect.cleandoc(section.__doc__) + "\n"] if section.__doc__ else []
    return "\n".join([f"## `{prefix}…`\n", *about, "| variable | default |\n|---|---|", *rows, ""])


def _slice_of(field: FieldInfo) -> type[BaseModel] | None:
    kinds = _members(field.annotation)
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)


def _members(annotation: Any) -> tuple[Any, ...]:
    is_union = get_origin(annotation) in {Union, UnionType}
    return get_args(annotation) if is_union else (annotation,)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is None or field.default == ():
        return "none"
    is_secret = any(kind is SecretStr for kind in _members(field.annotation))
    return "secret" if is_secret else f"`{field.default}`"


if __name__ == "__main__":
    PAGE.write_text(settings_page())
    sys.stdout.write(f"wrote {PAGE}\n")
