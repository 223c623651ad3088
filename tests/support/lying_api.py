"""An API that answers the probe as it should, or lies to it in one way."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from tests.support.http_server import HttpServer, OwnedHandler

_AT: Final = "2026-01-15T10:30:00Z"
_BOX: Final = {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}


@dataclass(slots=True)
class Lie:
    """What is otherwise than it should be; nothing, as it is made."""

    found: tuple[str, ...] = ("cup", "dining table")
    kept: tuple[str, ...] | None = None
    """What is read back, where that is something else."""
    status: int = 200
    """Of every answer to a picture."""
    body: bytes | None = None
    frames: str | None = None
    stream_type: str = "text/event-stream"
    stops_after: int | None = None
    """Bytes of the stream, of more that were announced."""
    is_silent: bool = False
    unknown_for: int = 0
    """So many times a request is not known by its id."""


@dataclass(slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class _State:
    lie: Lie
    asked: list[Asked] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)


class LyingApi(HttpServer[_State]):
    """Inside, at `url`. What it was asked is in `asked`."""

    def __init__(self, lie: Lie) -> None:
        self._state = _State(lie)
        super().__init__(_Handler, self._state)

    @property
    def asked(self) -> list[Asked]:
        return self._state.asked

    def release(self) -> None:
        self._state.ending.set()


class _Handler(OwnedHandler[_State]):
    def post(self) -> None:
        self.body()
        self._note()
        lie, request_id = self.owner.lie, str(uuid4())
        if lie.is_silent:
            self.owner.ending.wait(30)
            return
        if lie.body is not None or lie.status != 200:
            self.answer(lie.status, lie.body or _problem(lie.status))
        elif "respond-async" in self.headers["Prefer"]:
            self.answer(202, _json(_accepted(request_id)))
        else:
            self.answer(200, _json(_result(request_id, lie.found)))

    def get(self) -> None:
        self._note()
        lie, parts = self.owner.lie, self.path.split("/")
        request_id = parts[4]
        if parts[-1] == "events":
            self._stream(request_id)
        elif lie.unknown_for > 0:
            lie.unknown_for -= 1
            self.answer(404, _problem(404))
        else:
            self.answer(200, _json(_view(request_id, lie.kept or lie.found)))

    def _stream(self, request_id: str) -> None:
        lie = self.owner.lie
        event = {
            "request_id": request_id, "tenant_id": "probe", "accepted_at": _AT,
            "result": _result(request_id, lie.found),
        }  # fmt: skip
        frames = lie.frames
        if frames is None:
            state = json.dumps(_accepted(request_id))
            frames = f"event: state\nid: a\nretry: 2000\ndata: {state}\n\n: ping\n\n"
            frames += f"event: image-analyzed\nid: b\ndata: {json.dumps(event)}\n\n"
        body = frames.encode()
        self.send_response(200)
        self.send_header("Content-Type", lie.stream_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: lie.stops_after])
        self.close_connection = True

    def _note(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.owner.asked.append(Asked(self.command, self.path, headers))


def _result(request_id: str, names: tuple[str, ...]) -> dict[str, Any]:
    found = [
        {"object_id": f"o-{place}", "name": name, "confidence": 0.9, "bounding_box": _BOX}
        for place, name in enumerate(names)
    ]
    return {
        "request_id": request_id, "timestamp": _AT, "detected_objects": found,
        "image_metadata": None, "processing_time_ms": 1.0, "confidence_threshold": 0.5,
        "total_objects_detected": len(found),
        "model": {"name": "lies", "version": "1", "sha256": "a" * 64},
    }  # fmt: skip


def _accepted(request_id: str) -> dict[str, Any]:
    path = f"/api/v1/analyses/{request_id}"
    links = {"self": path, "events": f"{path}/events"}
    return {"request_id": request_id, "state": "accepted", "links": links}


def _view(request_id: str, names: tuple[str, ...]) -> dict[str, Any]:
    return _accepted(request_id) | {
        "state": "completed", "accepted_at": _AT, "finished_at": _AT, "failure": None,
        "result": _result(request_id, names),
    }  # fmt: skip


def _problem(status: int) -> bytes:
    codes = {401: "unauthenticated", 404: "not_found", 500: "internal_error"}
    return _json(
        {
            "type": "about:blank", "title": "No", "status": status, "code": codes[status],
            "trace_id": "t1",
        }
    )  # fmt: skip


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()
