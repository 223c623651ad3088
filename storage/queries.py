"""The statements of `queries.sql` by name."""

import re
from collections.abc import Iterator
from importlib.resources import files

_NAME_LINE = re.compile(r"^-- name:\s*(\S+)\s*$", re.MULTILINE)
_COMMENT_LINE = re.compile(r"^--.*\n", re.MULTILINE)


class QueryNameError(LookupError):
    """A statement that is not there, is there twice, or is empty: a mistake in the program."""


class Statement(bytes):
    """As psycopg takes it, with its name for whoever tells of it."""

    name: str

    @classmethod
    def of(cls, name: str, text: str) -> "Statement":
        made = cls(text.encode())
        made.name = name
        return made


class Queries:
    """Statements as psycopg takes them; `queries["find_analysis"]`."""

    def __init__(self, text: str) -> None:
        self._statements: dict[str, Statement] = {}
        pieces = _NAME_LINE.split(text)[1:]
        for name, body in zip(pieces[::2], pieces[1::2], strict=True):
            statement = _COMMENT_LINE.sub("", body).strip()
            if name in self._statements or not statement:
                raise QueryNameError(f"{name} is {'empty' if not statement else 'there twice'}")
            self._statements[name] = Statement.of(name, statement)

    @classmethod
    def load(cls, file: str = "queries.sql") -> "Queries":
        """Those shipped with the package in that file."""
        return cls(files("storage").joinpath(file).read_text(encoding="utf-8"))

    def __getitem__(self, name: str) -> "Statement":
        if name not in self._statements:
            raise QueryNameError(f"no statement is called {name!r}")
        return self._statements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)
