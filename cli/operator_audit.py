"""What an operator does by a command is audited like all else."""

import contextlib
import getpass
import os
from collections.abc import AsyncIterator

from storage.audit import Actor, AuditLog
from storage.audit_postgres import PostgresAuditStore
from storage.postgres_pool import PostgresPool
from telemetry.logs import configure_command_logs
from telemetry.metrics import Metrics


@contextlib.asynccontextmanager
async def operators_audit(pool: PostgresPool) -> AsyncIterator[AuditLog]:
    """Everything noted inside is written, or said to be lost, when the block ends. The log of the
    command is standard error, for errors alone: its output is its answer."""
    configure_command_logs()
    audit = AuditLog(PostgresAuditStore(pool), Metrics())
    try:
        yield audit
    finally:
        await audit.aclose()


def operator() -> Actor:
    """By the name that the machine has for whoever runs the command."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have one
        name = f"uid {os.getuid()}"
    return Actor("operator", name)
