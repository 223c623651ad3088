"""Which schemas this code works with: its own, and newer ones that took nothing away."""

import re
from typing import Final

HEAD: Final = "0007"
"""The revision of the schema that this code needs; a test ties it to the newest migration."""

MIGRATE: Final = "run `image-analyzer migrate`"
_MARK: Final = "for programs of schema {} and newer"
_MARKED: Final = re.compile(_MARK.replace("{}", "([0-9]{4})"))


def mark(oldest: str) -> str:
    """The comment on the table `alembic_version` by which a migration that takes something away
    says which programs go on working: those that know at least the schema `oldest`."""
    return _MARK.format(oldest)


def schema_problem(found: str | None, comment: str | None) -> str | None:
    """None when this code works with the schema; else what is wrong, and what to do.

    A newer schema is one that a migration has added to, until a mark says that it has also taken
    away what this code knew.
    """
    if found is None:
        return f"it has no schema yet; {MIGRATE}"
    if found < HEAD:
        return f"its schema is {found}, this program needs {HEAD}; {MIGRATE}"
    marked = _MARKED.fullmatch(comment or "")
    if marked is not None and marked[1] > HEAD:
        return (
            f"its schema is {found}, made {marked[0]}, and this program is of {HEAD}; "
            "start a newer version of it"
        )
    return None
