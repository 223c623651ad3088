"""A stand-in of Azure Monitor's ingestion endpoint: `POST /v2.1/track`, packed or not."""

import gzip
import json
import threading
from typing import Any

from tests.support.http_server import HttpServer, OwnedHandler
from tests.support.within import crowd

KEY = "7a3f2c1e-5b6d-4c8a-9e0f-1a2b3c4d5e6f"


class AzureIngestion(HttpServer["AzureIngestion"]):
    """`refuse_next` are statuses for the next requests, one each; items with a name in `refused`
    are answered with 500 in a 206, once. While `may_answer` is not set nothing is answered."""

    def __init__(self) -> None:
        self.refuse_next: list[int] = []
        self.refused: set[str] = set()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.paths: list[str] = []
        self._changed = threading.Condition()
        self.items: list[dict[str, Any]] = []
        super().__init__(_Handler, self)

    @property
    def connection_string(self) -> str:
        return f"InstrumentationKey={KEY};IngestionEndpoint={self.url}/"

    def release(self) -> None:
        self.may_answer.set()

    def answer(self, path: str, items: list[dict[str, Any]]) -> tuple[int, Any]:
        """Status and body, as Azure gives them."""
        with self._changed:
            self.paths.append(path)
            status = self.refuse_next.pop(0) if self.refuse_next else 200
            if status != 200:
                return status, _summary(len(items), 0, [])
            wrong = [place for place, item in enumerate(items) if _name_of(item) in self.refused]
            self.refused -= {_name_of(items[place]) for place in wrong}
            taken = [item for place, item in enumerate(items) if place not in wrong]
            self.items += taken
            self._changed.notify_all()
        errors = [{"index": place, "statusCode": 500, "message": "later"} for place in wrong]
        return 206 if errors else 200, _summary(len(items), len(taken), errors)

    def wait_for(self, *names: str, within_s: float = 20.0) -> list[dict[str, Any]]:
        """All that came, as soon as there is one of each of these (names of spans, messages)."""
        with self._changed:
            came = self._changed.wait_for(lambda: set(names) <= self._told(), within_s * crowd())
            assert came, f"not within {within_s:g} s: {set(names) - self._told()}"
            return list(self.items)

    def named(self, name: str) -> dict[str, Any]:
        (item,) = (one for one in self.items if _name_of(one) == name)
        return item

    def _told(self) -> set[str]:
        return {_name_of(item) for item in self.items}


def _name_of(item: dict[str, Any]) -> str:
    told = item["data"]["baseData"]
    return str(told.get("name") or told.get("message") or told["exceptions"][0]["message"])


def _summary(received: int, accepted: int, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"itemsReceived": received, "itemsAccepted": accepted, "errors": errors}


class _Handler(OwnedHandler[AzureIngestion]):
    protocol_version = "HTTP/1.1"

    def post(self) -> None:
        body = self.body()
        packed = self.headers["content-encoding"] == "gzip"
        items = json.loads((gzip.decompress(body) if packed else body).decode())
        self.owner.may_answer.wait()
        status, said = self.owner.answer(self.path, items)
        again = {"Retry_After": "1"} if status == 429 else {}
        self.answer(status, json.dumps(said).encode(), **again)
