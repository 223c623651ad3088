"""What was measured, and where. Tests compare it with its source.

Processor time and memory: benchmarks/reports/2026-11-23-two-core-xeon.md, the product with 100
clients, yolox-nano, one core of a 2-core Xeon; by `python -m benchmarks --only product`. The range
that the report holds: with one client io took 78 % more, Kafka 53 % and the others 5 to 31 %.
"""

from typing import Final

API_MS_PER_IMAGE: Final = 5.46
DETECT_PARENT_MS_PER_IMAGE: Final = 5.10
DETECT_CHILDREN_MS_PER_IMAGE: Final = 19.95
IO_MS_PER_IMAGE: Final = 1.60
KAFKA_MS_PER_IMAGE: Final = 3.38
POSTGRES_MS_PER_IMAGE: Final = 1.15
S3_MS_PER_IMAGE: Final = 2.38

API_RSS_MB: Final = 129
DETECT_RSS_MB: Final = 112 + 289
IO_RSS_MB: Final = 102

# The schemas' valid examples as compact JSON, with key and header bytes, before compression.
SUBMITTED_RECORD_BYTES: Final = 906
ANALYZED_RECORD_BYTES: Final = 1052 - 147
ANALYZED_BYTES_PER_OBJECT: Final = 147

# tests/integration/storage/test_bytes_a_row.py, 3,000 rows: accepted, completed, no vacuum; 1,592
# bytes with one object and 2,471 with five. Longer results are compressed: then it is too much.
ROW_BYTES: Final = 1372
ROW_BYTES_PER_OBJECT: Final = 220
