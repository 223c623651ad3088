"""From the figures of a round to tables."""

from benchmarks.bare import Bare
from benchmarks.deployment import Ready
from benchmarks.grid import Grid
from benchmarks.latency import Latency
from benchmarks.load_figures import LoadSeen
from benchmarks.load_process import LoadRun
from benchmarks.meter import EVERYTHING_ELSE, Cost
from benchmarks.proc import Memory
from benchmarks.product import ProductRun
from benchmarks.ratios import ratios_of
from benchmarks.reckoning import Reckoning
from benchmarks.rounds import Round
from benchmarks.sheet import sheets

BARE = Bare(2, 80.0, 25.0, Latency(20.0, 21.0, 22.0, 23.0), 2.0, 3.0, 14.0, 1.0)
KEPT = Reckoning(10, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0)


def cost(name: str, ms: float) -> Cost:
    return Cost(name, ms, 50.0, Memory(60.0, 90.0))


def load(clients: int, rate: float, p50_ms: float) -> LoadRun:
    seen = LoadSeen(
        seconds=10.0, images_per_s=rate, finished=int(rate * 10), taken=int(rate * 10),
        latency=Latency(p50_ms, p50_ms, p50_ms, p50_ms), statuses={"200": 10}, errors={},
        answered=(), promised=(),
    )  # fmt: skip
    overhead = (cost("load generator", 1.0), cost(EVERYTHING_ELSE, 7.0))
    return LoadRun(clients, seen, (cost("api", 4.0), cost("detect: parent", 35.0)), overhead)


def measured() -> Round:
    fresh = (cost("api", 0.0), cost("detect: parent", 0.0), cost(EVERYTHING_ELSE, 0.0))
    product = ProductRun(
        (Ready("api", 1.5), Ready("detect", 4.0)), fresh, fresh,
        (load(1, 25.0, 45.0), load(100, 50.0, 2000.0)), KEPT,
    )  # fmt: skip
    return Round(BARE, (load(1, 30.0, 26.0), load(100, 60.0, 1600.0)), product)


def table(title: str) -> Grid:
    return next(grid for grid in sheets([measured()], cores=2) if grid.title.startswith(title))


def test_ratios_are_taken_at_the_most_clients_and_waiting_at_one() -> None:
    ratios = ratios_of(measured())

    assert ratios is not None
    assert (ratios.of_bare, ratios.peer_of_bare) == (0.625, 0.75)
    assert ratios.of_peer == 50.0 / 60.0
    assert (ratios.waiting_over_bare_ms, ratios.peer_waiting_over_bare_ms) == (25.0, 6.0)


def test_there_is_nothing_to_compare_without_the_bare_pipeline() -> None:
    assert ratios_of(Round(None, None, measured().product)) is None


def test_what_others_used_is_not_counted_against_the_product() -> None:
    rows = {row[0]: row[1:] for row in table("Processor time of the product").rows}

    assert rows["together"] == ("39.00", "39.00")
    assert rows["images/s that idle cores could pay for"] == ("50.0", "50.0")


def test_a_row_for_each_system_and_number_of_clients() -> None:
    rows = [row[:3] for row in table("Speed").rows]

    assert rows[0] == ("bare pipeline, 2 processes", "80.0", "-")
    assert rows[2:4] == [
        ("FastAPI by hand, 1 client", "30.0", "26.0"),
        ("FastAPI by hand, 100 clients", "60.0", "1600.0"),
    ]
    assert rows[5] == ("the product, 100 clients", "50.0", "2000.0")


def test_how_long_a_process_took_to_start_stands_beside_its_memory() -> None:
    assert table("Start").rows[1] == ("detect: parent", "4.0", "50.0", *("60", "90") * 2, "60")


def test_losses_are_summed_over_the_rounds() -> None:
    (promises,) = [g for g in sheets([measured()] * 3, cores=2) if g.title.startswith("Promises")]

    assert promises.rows[0] == ("answered with a result (200)", "30")


def test_processor_time_compares_what_a_busy_machine_cannot() -> None:
    ratios = ratios_of(measured())

    assert ratios is not None
    assert ratios.of_peer_by_cpu == 1.0
    assert load(1, 25.0, 45.0).others_core_percent == 50.0
