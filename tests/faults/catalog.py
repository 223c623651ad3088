"""Every fault there is, by its number in the matrix."""

from tests.faults import broker, bucket, postgres, redis, workers
from tests.faults.fault import Fault

FAULTS: dict[str, Fault] = {
    fault.number: fault
    for family in (broker, postgres, redis, bucket, workers)
    for fault in family.FAULTS
}
