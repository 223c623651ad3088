"""A process that serves the API on twins, but for its limits: those are counted in Redis.

`python -m tests.integration.ingest_api.serve_limited PORT REDIS_URL`: a tenant may ask a hundred
times a day.
"""

import dataclasses
import sys

from pydantic import SecretStr

from ingest_api.limit_settings import Limits, StandardTier
from ingest_api.parts import ApiParts
from ingest_api.serve import serve
from ingest_api.settings import ApiSettings
from storage.opening import open_limits
from storage.settings import RedisSettings
from telemetry.logs import LogSettings, configure_logs
from tests.unit.ingest_api.twin_api import TwinApi


class LimitedTwin(TwinApi):
    def __init__(self, settings: ApiSettings, redis_url: str) -> None:
        self._redis = RedisSettings(url=SecretStr(redis_url), timeout_s=2)
        super().__init__(settings, limits=Limits(standard=StandardTier(per_day=100)))

    def _parts(self, settings: ApiSettings, limits: Limits) -> ApiParts:
        parts = super()._parts(settings, limits)
        return dataclasses.replace(parts, limit_store=open_limits(self._redis, parts.metrics))


def main(port: int, redis_url: str) -> None:
    configure_logs(LogSettings(), process="api")
    settings = ApiSettings(port=port, graceful_shutdown_s=8)
    twin = LimitedTwin(settings, redis_url)
    serve(twin.app, settings, twin.metrics)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
