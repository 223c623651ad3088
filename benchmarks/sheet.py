"""From rounds to tables: what was measured, and how the systems compare."""

from collections.abc import Sequence

from benchmarks.bare import Bare
from benchmarks.grid import Grid, figure
from benchmarks.load_process import LoadRun
from benchmarks.meter import Cost
from benchmarks.product import ProductRun
from benchmarks.ratios import Ratios, ratios_of
from benchmarks.rounds import Round


def sheets(rounds: Sequence[Round], *, cores: int) -> list[Grid]:
    """Medians over the rounds, with the range behind them."""
    bare = [one.bare for one in rounds if one.bare is not None]
    peer = [one.peer for one in rounds if one.peer is not None]
    product = [one.product for one in rounds if one.product is not None]
    grids = [_speeds(bare, peer, [one.loads for one in product])]
    if bare and product:
        grids.append(_comparison([ratios for one in rounds if (ratios := ratios_of(one))]))
    if bare:
        grids.append(_bare_steps(bare))
    if peer:
        grids.append(_costs("FastAPI by hand", list(zip(*peer, strict=True)), cores))
    if product:
        loads = list(zip(*(one.loads for one in product), strict=True))
        grids += [
            _costs("the product", loads, cores),
            _memory(product),
            _promises(product),
        ]
    return grids


def _speeds(
    bare: Sequence[Bare],
    peer: Sequence[tuple[LoadRun, ...]],
    product: Sequence[tuple[LoadRun, ...]],
) -> Grid:
    rows = []
    if bare:
        rows += [_bare_row(bare), _alone_row(bare)]
    for name, system in (("FastAPI by hand", peer), ("the product", product)):
        rows += [_speed_row(name, loads) for loads in zip(*system, strict=True)]
    columns = ("system", "images/s", "p50 ms", "p90 ms", "p99 ms", "max ms", "202s", "failures")
    return Grid("Speed", columns, tuple(rows))


def _bare_row(bare: Sequence[Bare]) -> tuple[str, ...]:
    rate = figure([one.images_per_s for one in bare])
    return (f"bare pipeline, {bare[0].processes} processes", rate, *("-",) * 6)


def _alone_row(bare: Sequence[Bare]) -> tuple[str, ...]:
    alone = [one.alone for one in bare]
    return (
        "bare pipeline, one picture alone",
        figure([1000 / one.p50_ms for one in alone]),
        figure([one.p50_ms for one in alone]),
        figure([one.p90_ms for one in alone]),
        figure([one.p99_ms for one in alone]),
        figure([one.max_ms for one in alone]),
        *("-", "-"),
    )


def _speed_row(name: str, loads: Sequence[LoadRun]) -> tuple[str, ...]:
    seen = [load.seen for load in loads]
    clients = loads[0].clients
    known = [one.latency for one in seen if one.latency is not None]
    return (
        f"{name}, {clients} client{'s' if clients > 1 else ''}",
        figure([one.images_per_s for one in seen]),
        figure([one.p50_ms for one in known]),
        figure([one.p90_ms for one in known]),
        figure([one.p99_ms for one in known]),
        figure([one.max_ms for one in known]),
        figure([one.statuses.get("202", 0) for one in seen], 0),
        figure([one.failures for one in seen], 0),
    )


def _comparison(ratios: Sequence[Ratios]) -> Grid:
    rows = (
        ("images/s, the product / bare pipeline", figure([r.of_bare for r in ratios], 3)),
        ("images/s, the product / FastAPI by hand", figure([r.of_peer for r in ratios], 3)),
        ("images/s, FastAPI by hand / bare pipeline", figure([r.peer_of_bare for r in ratios], 3)),
        ("processor time per image, FastAPI by hand / the product",
         figure([r.of_peer_by_cpu for r in ratios], 3)),
        ("one waiting request over the bare p50, the product, ms",
         figure([r.waiting_over_bare_ms for r in ratios])),
        ("one waiting request over the bare p50, FastAPI by hand, ms",
         figure([r.peer_waiting_over_bare_ms for r in ratios])),
    )  # fmt: skip
    return Grid("Comparison, within each round", ("", "value"), rows)


def _bare_steps(bare: Sequence[Bare]) -> Grid:
    row = (
        "one picture alone",
        figure([one.decode_ms for one in bare], 2),
        figure([one.resize_ms for one in bare], 2),
        figure([one.infer_ms for one in bare], 2),
        figure([one.select_ms for one in bare], 2),
        figure([one.cpu_ms_per_image for one in bare], 2),
    )
    columns = ("bare pipeline, ms", "decode", "resize", "infer", "NMS", "CPU with all cores busy")
    return Grid("The steps of the pipeline", columns, (row,))


def _costs(system: str, loads: Sequence[Sequence[LoadRun]], cores: int) -> Grid:
    """A column for each number of clients; milliseconds of user and system time."""
    together = [figure([run.servers_ms_per_image for run in runs], 2) for runs in loads]
    affordable = [figure([run.affordable_per_s(cores) for run in runs]) for runs in loads]
    rows = [
        *_cost_rows([[run.costs for run in runs] for runs in loads]),
        ("together", *together),
        *_cost_rows([[run.overhead for run in runs] for runs in loads]),
        ("images/s that idle cores could pay for", *affordable),
    ]
    columns = tuple(f"{runs[0].clients} clients" for runs in loads)
    return Grid(f"Processor time of {system}, ms per image", ("process", *columns), tuple(rows))


def _cost_rows(loads: Sequence[Sequence[tuple[Cost, ...]]]) -> list[tuple[str, ...]]:
    return [
        (cost.name, *(figure([run[row].cpu_ms_per_image for run in runs], 2) for runs in loads))
        for row, cost in enumerate(loads[0][0])
    ]


def _memory(product: Sequence[ProductRun]) -> Grid:
    """Under load: the most that was seen in any of the loads of a round."""
    names = [cost.name for cost in product[0].loads[0].costs]
    rows = [_memory_row(product, name, place) for place, name in enumerate(names)]
    columns = ("process", "ready after s", "rest: % of a core", "fresh PSS", "fresh RSS",
               "loaded PSS", "loaded RSS", "rested PSS")  # fmt: skip
    return Grid("Start, rest and memory (MB)", columns, tuple(rows))


def _memory_row(product: Sequence[ProductRun], name: str, place: int) -> tuple[str, ...]:
    fresh = [run.fresh[place].memory for run in product]
    loaded = [[load.costs[place].memory for load in run.loads] for run in product]
    rested = [run.rested[place] for run in product]
    return (
        name,
        _ready_s(product, name),
        figure([cost.core_percent for cost in rested]),
        figure([memory.pss_mb for memory in fresh], 0),
        figure([memory.rss_mb for memory in fresh], 0),
        figure([max(memory.pss_mb for memory in memories) for memories in loaded], 0),
        figure([max(memory.rss_mb for memory in memories) for memories in loaded], 0),
        figure([cost.memory.pss_mb for cost in rested], 0),
    )


def _ready_s(product: Sequence[ProductRun], name: str) -> str:
    process = name.removesuffix(": parent")
    return figure([one.seconds for run in product for one in run.ready if one.name == process])


def _promises(product: Sequence[ProductRun]) -> Grid:
    """Sums, not medians: one loss in any round is a loss."""
    counted = [run.reckoning for run in product]
    said = (
        ("answered with a result (200)", "answered"),
        ("promised (202)", "promised"),
        ("neither (refused or broken)", "failures"),
        ("rows completed", "completed"),
        ("rows with another outcome", "other_outcomes"),
        ("rows without an outcome", "unfinished"),
        ("LOST: answered or promised, without its row", "lost"),
        ("completed, but not in the log", "unannounced"),
        ("DUPLICATES: records of the log whose ce_id came before", "twice"),
        ("requests with two different results", "contradicted"),
        ("dead letters", "dead_letters"),
    )
    rows = tuple((words, str(sum(getattr(one, name) for one in counted))) for words, name in said)
    return Grid("Promises kept, all rounds together", ("", "count"), rows)
