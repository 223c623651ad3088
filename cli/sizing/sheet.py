"""The figures of a deployment, each with the formula that it comes from."""

from dataclasses import dataclass

from cli.exit_codes import ConfigurationError
from cli.sizing import formulae as f
from cli.sizing import measured as m
from cli.sizing.wanted import Wanted

UNKNOWN = (
    "processes fetch, retry, admit and deliver: their processor time was not measured",
    "Redis memory, statements per second in Postgres, Kafka's cost of replicas: not measured",
    "how processor time grows with the size of a picture: not measured",
)


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: str
    formula: str


def figures_of(wanted: Wanted) -> tuple[Figure, ...]:
    """For uploads in one lane; each lane is sized by its own rate. Raises ConfigurationError for
    more partitions than a topic may have."""
    return (*_processes(wanted), *_servers(wanted))


def _processes(wanted: Wanted) -> tuple[Figure, ...]:
    api = _cores("api", wanted, m.API_MS_PER_IMAGE)
    detect = _cores("detect", wanted, m.DETECT_PARENT_MS_PER_IMAGE, m.DETECT_CHILDREN_MS_PER_IMAGE)
    io = _cores("io", wanted, m.IO_MS_PER_IMAGE)
    api_pods = _pods("api", api, f.CORES_PER_POD)
    detect_pods = _pods("detect", detect, f.CORES_PER_DETECT_POD)
    io_pods = _pods("io", io, f.CORES_PER_POD)
    memory = (
        api_pods.value * m.API_RSS_MB
        + detect_pods.value * m.DETECT_RSS_MB
        + io_pods.value * m.IO_RSS_MB
    )
    return (
        api, api_pods, detect, detect_pods, io, io_pods,
        Figure(
            "memory of the pods", memory, "MB",
            f"api pods x {m.API_RSS_MB} + detect pods x {m.DETECT_RSS_MB}"
            f" + io pods x {m.IO_RSS_MB}",
        ),
        Figure(
            "partitions per topic", _partitions(int(detect_pods.value), int(io_pods.value)), "",
            f"the largest of {f.LEAST_PARTITIONS}, detect pods, io pods",
        ),
    )  # fmt: skip


def _servers(wanted: Wanted) -> tuple[Figure, ...]:
    analyzed = f"{m.ANALYZED_RECORD_BYTES} + objects x {m.ANALYZED_BYTES_PER_OBJECT}"
    row = f"({m.ROW_BYTES} + objects x {m.ROW_BYTES_PER_OBJECT})"
    a_day = f"images/s x {f.SECONDS_PER_DAY}"
    return (
        _cores("Kafka (one copy)", wanted, m.KAFKA_MS_PER_IMAGE),
        Figure(
            "Kafka in", f.kafka_in_mb_per_second(wanted), "MB/s",
            f"peak images/s x ({m.SUBMITTED_RECORD_BYTES} + {analyzed}) / 1e6",
        ),
        Figure(
            "Kafka disk", f.kafka_disk_gb(wanted), "GB",
            f"{a_day} x ({m.SUBMITTED_RECORD_BYTES} x {f.WORK_RETENTION_DAYS} days"
            f" + ({analyzed}) x retention days) x {f.REPLICAS} copies / 1e9",
        ),
        _cores("Postgres", wanted, m.POSTGRES_MS_PER_IMAGE),
        Figure("Postgres rows", f.images_per_day(wanted), "rows/day", a_day),
        Figure(
            "Postgres growth", f.postgres_gb_per_day(wanted), "GB/day", f"{a_day} x {row} / 1e9"
        ),
        _cores("S3", wanted, m.S3_MS_PER_IMAGE),
        Figure("bucket", f.bucket_gb(wanted), "GB", f"{a_day} x keep days x image KB / 1e6"),
        Figure(
            "bucket requests", f.BUCKET_REQUESTS * wanted.peak_images_per_second, "requests/s",
            "peak images/s x (1 PUT + 1 GET)",
        ),
        Figure(
            "pictures, each way", f.picture_mbit_per_second(wanted), "Mbit/s",
            "peak images/s x image KB x 8 / 1000; in at the API, in and out at S3",
        ),
    )  # fmt: skip


def _cores(name: str, wanted: Wanted, *parts_ms: float) -> Figure:
    """Of a process, or of its parts together."""
    words = " + ".join(map(str, parts_ms))
    took = words if len(parts_ms) == 1 else f"({words})"
    formula = f"peak images/s x {took} ms / 1000 / core speed / (1 - spare)"
    return Figure(f"{name} cores", f.cores(wanted, sum(parts_ms)), "cores", formula)


def _pods(name: str, cores: Figure, cores_per_pod: int) -> Figure:
    formula = f"cores / {cores_per_pod}, rounded up, at least {f.LEAST_PODS}"
    return Figure(f"{name} pods", f.pods(cores.value, cores_per_pod), "pods", formula)


def _partitions(detect_pods: int, io_pods: int) -> int:
    needed = f.partitions(detect_pods, io_pods)
    if needed > f.MOST_PARTITIONS:
        raise ConfigurationError(
            f"--images-per-second needs {needed} partitions per topic; the limit is"
            f" {f.MOST_PARTITIONS}: ask for less, or for several clusters"
        )
    return needed
