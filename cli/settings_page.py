"""Settings to the page that lists them: `python -m cli.settings_page` writes docs/settings.md."""

import inspect
import sys
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from cli.environment import DELIMITER, PREFIX
from cli.settings import Settings

PAGE = Path("docs/settings.md")
_INTRODUCTION = """\
# Settings

Environment variables, read once at the start. An unknown `ANALYZER_*` name is an error that says
which name was meant. A secret may come from a file: `ANALYZER_POSTGRES__DSN_FILE=/run/secrets/dsn`.
Lists are comma-separated. This page is written by `python -m cli.settings_page`.
"""


def settings_page() -> str:
    parts = [_INTRODUCTION]
    for name, field in Settings.model_fields.items():
        section = _slice_of(field)
        if section is None:
            parts.append(f"## `{PREFIX}{name.upper()}`\n\nA folder to look for model files in, "
                         "before the cache and the bundled model.\n")  # fmt: skip
        else:
            parts.append(_section(f"{PREFIX}{name.upper()}{DELIMITER}", section))
    return "\n".join(parts)


def _section(prefix: str, section: type[BaseModel]) -> str:
    rows = [
        f"| `{prefix}{name.upper()}` | {_default(field)} |"
        for name, field in section.model_fields.items()
    ]
    about = inspect.getdoc(section) or ""
    return "\n".join([f"## `{prefix}…`\n", about, "\n| variable | default |\n|---|---|", *rows, ""])


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
