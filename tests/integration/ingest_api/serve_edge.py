"""A process that serves the API on twins with settings of the test's own.

`python -m tests.integration.ingest_api.serve_edge SETTINGS`: JSON of fields of ApiSettings. Workers
answer at once. Addresses are hardly limited, for all clients of a test have the same.
"""

import json
import sys

from ingest_api.limit_settings import AddressLimits, Limits
from ingest_api.serve import serve
from ingest_api.settings import ApiSettings
from telemetry.logs import LogSettings, configure_logs
from tests.unit.ingest_api.twin_api import TwinApi

_ANY = 1_000_000


def main(settings: ApiSettings) -> None:
    configure_logs(LogSettings(), process="api")
    of_addresses = AddressLimits(
        login_per_minute=_ANY, anonymous_per_minute=_ANY, refused_per_minute=_ANY
    )
    twin = TwinApi(settings, limits=Limits(addresses=of_addresses))
    serve(twin.app, settings, twin.metrics)


if __name__ == "__main__":
    main(ApiSettings(graceful_shutdown_s=2, **json.loads(sys.argv[1])))
