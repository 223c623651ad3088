"""The environment variables that there are, and how a misspelt one is found."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from cli.exit_codes import ConfigurationError

PREFIX = "ANALYZER_"
DELIMITER = "__"
_FILE_SUFFIX = "_FILE"
_NOT_SETTINGS = ("ANALYZER_TEST_",)
_NOT_A_SETTING = frozenset({"ANALYZER_SHARED_DIR"})


def known_variables(settings: type[BaseModel]) -> dict[str, FieldInfo]:
    """Every variable that sets something, by its name; not the `_FILE` forms."""
    return dict(_variables(settings, PREFIX))


def secret_variables(settings: type[BaseModel]) -> frozenset[str]:
    """Those whose value may also come from a file, and is never shown."""
    return frozenset(
        name
        for name, field in known_variables(settings).items()
        if SecretStr in _types_of(field.annotation)
    )


def unknown_variables(environment: Mapping[str, str], settings: type[BaseModel]) -> dict[str, str]:
    """Each variable of ours that sets nothing, with the line that says so."""
    secret = secret_variables(settings)
    known = [*known_variables(settings), *(name + _FILE_SUFFIX for name in secret)]
    strangers = [name for name in sorted(environment) if _is_ours(name) and name not in known]
    return {name: _no_such(name, known) for name in strangers}


def with_secrets_from_files(
    environment: Mapping[str, str], settings: type[BaseModel]
) -> dict[str, str]:
    """The environment with `NAME_FILE=path` replaced by `NAME=` what the file holds, one newline
    at its end left out.

    Raises ConfigurationError for a file that cannot be read and for a secret that is given twice.
    """
    found = dict(environment)
    for name in secret_variables(settings):
        path = found.pop(name + _FILE_SUFFIX, None)
        if path is None:
            continue
        if name in environment:
            raise ConfigurationError(f"{name} and {name}{_FILE_SUFFIX} are both set: keep one")
        found[name] = _read(name + _FILE_SUFFIX, Path(path))
    return found


def variable_at(location: tuple[int | str, ...]) -> str:
    """The name of the variable for a place in the settings, as pydantic reports it."""
    parts = [part.upper() for part in location[:2] if isinstance(part, str)]
    return PREFIX + DELIMITER.join(parts)


def _variables(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        variable = prefix + name.upper()
        if inner is None:
            yield variable, field
        else:
            yield from _variables(inner, variable + DELIMITER)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for kind in _types_of(annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _types_of(annotation: Any) -> list[Any]:
    if get_origin(annotation) in {Union, UnionType}:
        return [kind for one in get_args(annotation) for kind in _types_of(one)]
    if get_origin(annotation) is Annotated:
        return _types_of(get_args(annotation)[0])
    return [annotation]


def _is_ours(name: str) -> bool:
    return (
        name.startswith(PREFIX)
        and not name.startswith(_NOT_SETTINGS)
        and name not in _NOT_A_SETTING
    )


def _no_such(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.85)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; remove it"
    return f"{name}: there is no such setting{hint}"


def _read(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"{variable}: cannot read {path}: {reason}") from error
