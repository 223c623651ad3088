"""From a rate to cores, pods, partitions and bytes. Pure."""

from math import ceil
from typing import Final

from cli.sizing import measured
from cli.sizing.wanted import Wanted

SECONDS_PER_DAY: Final = 86_400
WORK_RETENTION_DAYS: Final = 3  # of the topics of work in the catalog
REPLICAS: Final = 3  # of each partition, as the Strimzi manifests have it
LEAST_PODS: Final = 2  # one may go away
LEAST_PARTITIONS: Final = 4  # the default of ANALYZER_KAFKA__PARTITIONS
MOST_PARTITIONS: Final = 1000  # its limit
CORES_PER_POD: Final = 1  # one event loop fills one
CORES_PER_DETECT_POD: Final = 2  # what its manifest requests
BUCKET_REQUESTS: Final = 2  # of each picture: it is put by the API and got by a detector


def cores(wanted: Wanted, ms_per_image: float) -> float:
    """At the peak, with the spare part left idle."""
    busy = wanted.peak_images_per_second * ms_per_image / 1000
    return busy / wanted.core_speed / (1 - wanted.spare)


def pods(needed_cores: float, cores_per_pod: float) -> int:
    return max(LEAST_PODS, ceil(needed_cores / cores_per_pod))


def partitions(detect_pods: int, io_pods: int) -> int:
    """One for each consumer at least; the same for every topic but `log-identity`."""
    return max(LEAST_PARTITIONS, detect_pods, io_pods)


def analyzed_record_bytes(objects: float) -> float:
    return measured.ANALYZED_RECORD_BYTES + objects * measured.ANALYZED_BYTES_PER_OBJECT


def kafka_in_mb_per_second(wanted: Wanted) -> float:
    """At the peak, from the producers, before compression and without the copies."""
    record_bytes = measured.SUBMITTED_RECORD_BYTES + analyzed_record_bytes(wanted.objects)
    return wanted.peak_images_per_second * record_bytes / 1e6


def images_per_day(wanted: Wanted) -> float:
    return wanted.images_per_second * SECONDS_PER_DAY


def kafka_disk_gb(wanted: Wanted) -> float:
    """Of all brokers, at the average rate, before compression."""
    kept_bytes_days = (
        measured.SUBMITTED_RECORD_BYTES * WORK_RETENTION_DAYS
        + analyzed_record_bytes(wanted.objects) * wanted.retention_days
    )
    return images_per_day(wanted) * kept_bytes_days * REPLICAS / 1e9


def bucket_gb(wanted: Wanted) -> float:
    kept_images = images_per_day(wanted) * wanted.keep_images_days
    return kept_images * wanted.image_kb / 1e6


def picture_mbit_per_second(wanted: Wanted) -> float:
    """One way, at the peak."""
    return wanted.peak_images_per_second * wanted.image_kb * 8 / 1000


def row_bytes(objects: float) -> float:
    return measured.ROW_BYTES + objects * measured.ROW_BYTES_PER_OBJECT


def postgres_gb_per_day(wanted: Wanted) -> float:
    return images_per_day(wanted) * row_bytes(wanted.objects) / 1e9
