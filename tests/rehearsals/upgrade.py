"""From an earlier version to this one, process by process, and back: R3 to R5."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from functools import partial

import psycopg

from tests.faults.evidence import Allowance, Evidence
from tests.faults.fault import Act, Fault
from tests.faults.scene import Scene
from tests.faults.supervised import Program
from tests.rehearsals.replicas import EVERY_NAME, kind_of
from tests.rehearsals.unnoticed import no_client_error
from tests.rehearsals.upgrade_rig import Upgrade, running_new, running_old
from tests.rehearsals.versions import BEFORE, LONG_BEFORE, migrations_of

_BESIDE_S = 3.0
_WORKERS = ("io", "detect")
_API = ("api",)


def forward(*steps: Sequence[str]) -> Act[Upgrade]:
    """Schema and topics first; then the kinds of a step are replaced side by side, step by step."""

    async def act(scene: Scene[Upgrade]) -> None:
        await _expand(scene)
        await _roll(scene, steps, scene.rig.new)

    return act


def back(*steps: Sequence[str]) -> Act[Upgrade]:
    """The same with old processes for new ones; the schema stays."""

    async def act(scene: Scene[Upgrade]) -> None:
        schema = await scene.do(partial(_schema_of, scene.rig))
        scene.require(schema == migrations_of(scene.rig.new)[-1], f"the schema is {schema}")
        await _roll(scene, steps, scene.rig.old)

    return act


async def _roll(scene: Scene[Upgrade], steps: Sequence[Sequence[str]], program: Program) -> None:
    began = time.monotonic()
    for kinds in steps:
        await asyncio.gather(*(_replace_all(scene, kind, program) for kind in kinds))
        await _goes_on(scene)
    order = ", then ".join(" and ".join(kinds) for kinds in steps)
    scene.note(
        f"{order}: {len(scene.rig.live)} processes replaced in "
        f"{time.monotonic() - began:.0f} s, one at a time of each kind"
    )


async def _expand(scene: Scene[Upgrade]) -> None:
    """The new version's migrations and topics, while only old processes run."""
    rig = scene.rig
    before = await scene.do(partial(_schema_of, rig))
    scene.require(
        before == migrations_of(rig.old)[-1], f"the schema was not the old one but {before}"
    )
    rig.program = rig.new
    began = time.monotonic()
    await scene.do(partial(rig.command, "migrate"))
    took_s = time.monotonic() - began
    await scene.do(partial(rig.command, "topics", "create"))
    after = await scene.do(partial(_schema_of, rig))
    scene.require(
        after == migrations_of(rig.new)[-1] and after != before, f"the schema is {after} afterwards"
    )
    scene.note(f"schema {before} to {after} under load in {took_s:.1f} s, old processes beside it")
    await _goes_on(scene)


async def _replace_all(scene: Scene[Upgrade], kind: str, program: Program) -> None:
    for ended in scene.rig.of(kind):
        await scene.rig.replace(ended, program)
        scene.require(ended.exits == [0], f"{ended.name} ended with {ended.exits}")


async def _goes_on(scene: Scene[Upgrade]) -> None:
    """What is accepted now has its outcome with just these processes."""
    began = time.time()
    await scene.hold(_BESIDE_S)
    ids = scene.accepted_ids(since=began)
    scene.require(ids, f"nothing was accepted beside {_named(scene)}")
    await scene.until_states(ids, "completed", within_s=30)


def _named(scene: Scene[Upgrade]) -> list[str]:
    rig = scene.rig
    return [f"{kind_of(one)} {'new' if one.program is rig.new else 'old'}" for one in rig.live]


def _schema_of(rig: Upgrade) -> str:
    with psycopg.connect(rig.postgres.dsn) as connection:
        [(found,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(found)


def _nobody_noticed(scene: Scene[Upgrade], evidence: Evidence) -> Iterable[str]:
    """No error for a client, and streams that came back without a gap."""
    yield from no_client_error(scene, evidence)
    for one in scene.listeners:
        if one.connections < 2:
            yield f"the stream of {one.tenant} was never cut: nothing was rehearsed"
        if one.gaps:
            yield f"the stream of {one.tenant} had gaps: {one.gaps[:3]}"
    connections: Sequence[int] = [one.connections for one in scene.listeners]
    scene.note(
        f"{len(scene.ledger.operations)} posts and {scene.readers.answered} reads without "
        f"an error; streams over {connections} connections without a gap"
    )


_DISTURBED = Allowance(disturbs=EVERY_NAME)

_MUST = "no client has an error, no stream has a gap, whoever is replaced ends with 0"

UPGRADES = (
    (
        Fault(
            "R3", "from before 0004 to this version, API before workers", _MUST,
            forward(_API, _WORKERS), _DISTURBED, _nobody_noticed,
        ),
        LONG_BEFORE,
        running_old,
    ),
    (
        Fault(
            "R4", "from before 0006 to this version, workers before API", _MUST,
            forward(_WORKERS, _API), _DISTURBED, _nobody_noticed,
        ),
        BEFORE,
        running_old,
    ),
    (
        Fault(
            "R5", "back to before 0006 with this version's schema, workers before API", _MUST,
            back(_WORKERS, _API), _DISTURBED, _nobody_noticed,
        ),
        BEFORE,
        running_new,
    ),
)  # fmt: skip
