"""What Prometheus says of alerts."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

_POLL_S: Final = 0.3


class NotSeenError(AssertionError):
    """An alert did not come, or did not go, in time."""


class AlertWatch:
    def __init__(self, prometheus_port: int) -> None:
        self._url = f"http://127.0.0.1:{prometheus_port}/api/v1/alerts"

    async def until_inactive(
        self, name: str, labels: Mapping[str, str], *, within_s: float
    ) -> float:
        """Neither firing nor pending; the seconds until then. Raises NotSeenError."""
        return await self._until(name, labels, lambda states: not states, "inactive", within_s)

    async def until_firing(self, name: str, labels: Mapping[str, str], *, within_s: float) -> float:
        """The seconds until then. Raises NotSeenError."""
        return await self._until(
            name, labels, lambda states: "firing" in states, "firing", within_s
        )

    async def _until(
        self,
        name: str,
        labels: Mapping[str, str],
        is_so: Callable[[list[str]], bool],
        what: str,
        within_s: float,
    ) -> float:
        began = time.monotonic()
        wanted = {"alertname": name, **labels}
        while True:
            alerts = await self._alerts()
            found = [one["state"] for one in alerts if wanted.items() <= one["labels"].items()]
            if is_so(found):
                return time.monotonic() - began
            if time.monotonic() - began > within_s:
                others = sorted({one["labels"]["alertname"] for one in alerts} - {name})
                but = f"but {found}, beside {', '.join(others) or 'nothing'}"
                raise NotSeenError(f"{name} is not {what} after {within_s:g} s, {but}")
            await asyncio.sleep(_POLL_S)

    async def _alerts(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            answer = await client.get(self._url)
        found: list[dict[str, Any]] = answer.json()["data"]["alerts"]
        return found
