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
    api = f.cores(wanted, m.API_MS_PER_IMAGE)
    detect = f.cores(wanted, m.DETECT_PARENT_MS_PER_IMAGE + m.DETECT_CHILDREN_MS_PER_IMAGE)
    io = f.cores(wanted, m.IO_MS_PER_IMAGE)
    api_pods, io_pods = f.pods(api, 1), f.pods(io, 1)
    detect_pods = f.pods(detect, f.CORES_PER_DETECT_POD)
    memory = api_pods * m.API_RSS_MB + detect_pods * m.DETECT_RSS_MB + io_pods * m.IO_RSS_MB
    cores = "peak images/s x {} ms / 1000 / core speed / (1 - spare)"
    return (
        Figure("api cores", api, "cores", cores.format(m.API_MS_PER_IMAGE)),
        Figure("api pods", api_pods, "pods", "cores / 1, rounded up, at least 2"),
        Figure(
            "detect cores", detect, "cores",
            cores.format(f"({m.DETECT_PARENT_MS_PER_IMAGE} + {m.DETECT_CHILDREN_MS_PER_IMAGE})"),
        ),
        Figure("detect pods", detect_pods, "pods", "cores / 2, rounded up, at least 2"),
        Figure("io cores", io, "cores", cores.format(m.IO_MS_PER_IMAGE)),
        Figure("io pods", io_pods, "pods", "cores / 1, rounded up, at least 2"),
        Figure(
            "memory of the pods", memory, "MB",
            f"api pods x {m.API_RSS_MB} + detect pods x {m.DETECT_RSS_MB}"
            f" + io pods x {m.IO_RSS_MB}",
        ),
        Figure(
            "partitions per topic", _partitions(detect_pods, io_pods), "",
            "the largest of 4, detect pods, io pods",
        ),
    )  # fmt: skip


def _servers(wanted: Wanted) -> tuple[Figure, ...]:
    def cores(name: str, ms: float) -> Figure:
        formula = f"peak images/s x {ms} ms / 1000 / core speed / (1 - spare)"
        return Figure(f"{name} cores", f.cores(wanted, ms), "cores", formula)

    analyzed = f"{m.ANALYZED_RECORD_BYTES} + objects x {m.ANALYZED_BYTES_PER_OBJECT}"
    row = f"({m.ROW_BYTES} + objects x {m.ROW_BYTES_PER_OBJECT})"
    return (
        cores("Kafka (one copy)", m.KAFKA_MS_PER_IMAGE),
        Figure(
            "Kafka in", f.kafka_in_mb_per_second(wanted), "MB/s",
            f"peak images/s x ({m.SUBMITTED_RECORD_BYTES} + {analyzed}) / 1e6",
        ),
        Figure(
            "Kafka disk", f.kafka_disk_gb(wanted), "GB",
            f"images/s x 86400 x ({m.SUBMITTED_RECORD_BYTES} x 3 days + ({analyzed}) x retention"
            " days) x 3 copies / 1e9",
        ),
        cores("Postgres", m.POSTGRES_MS_PER_IMAGE),
        Figure("Postgres rows", wanted.images_per_second * 86400, "rows/day", "images/s x 86400"),
        Figure(
            "Postgres growth", f.postgres_gb_per_day(wanted), "GB/day",
            f"images/s x 86400 x {row} / 1e9",
        ),
        cores("S3", m.S3_MS_PER_IMAGE),
        Figure(
            "bucket", f.bucket_gb(wanted), "GB", "images/s x 86400 x keep days x image KB / 1e6"
        ),
        Figure(
            "bucket requests", 2 * wanted.peak_images_per_second, "requests/s",
            "peak images/s x (1 PUT + 1 GET)",
        ),
        Figure(
            "pictures, each way", f.picture_mbit_per_second(wanted), "Mbit/s",
            "peak images/s x image KB x 8 / 1000; in at the API, in and out at S3",
        ),
    )  # fmt: skip


def _partitions(detect_pods: int, io_pods: int) -> int:
    needed = f.partitions(detect_pods, io_pods)
    if needed > f.MOST_PARTITIONS:
        raise ConfigurationError(
            f"--images-per-second needs {needed} partitions per topic; the limit is"
            f" {f.MOST_PARTITIONS}: ask for less, or for several clusters"
        )
    return needed
