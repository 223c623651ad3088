"""`python -m benchmarks.sleeping_worker SECONDS`: a detector whose model sleeps.

What takes time is no processor, so that several fit on few cores.
"""

import sys

from tests.faults.detector_worker import main
from tests.faults.grid_detector import GridDetector

if __name__ == "__main__":
    sys.exit(main(("detect",), GridDetector(float(sys.argv[1]))))
