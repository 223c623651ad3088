"""Examples of the OpenAPI document."""

from typing import Final

TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
_ID: Final = "01981a5c-7d1e-7a44-9b6e-3c1f0a2b4d5e"
ACCEPTED_AT: Final = f"/api/v1/analyses/{_ID}"
_LINKS: Final = {"self": ACCEPTED_AT, "events": f"{ACCEPTED_AT}/events"}

UPLOAD: Final = {"image": "(bytes)", "confidence_threshold": "medium", "labels": ["person", "dog"]}
URL: Final = {"image_url": "https://example.com/street.jpg", "confidence_threshold": 0.4}
RESULT: Final = {
    "request_id": _ID,
    "timestamp": "2026-01-15T10:30:00Z",
    "detected_objects": [
        {
            "object_id": "obj_1_1768473000000",
            "name": "person",
            "confidence": 0.85,
            "bounding_box": {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4},
        }
    ],
    "image_metadata": {
        "width": 1920,
        "height": 1080,
        "format": "jpeg",
        "size_bytes": 245760,
        "color_space": "RGB",
    },
    "processing_time_ms": 150.5,
    "confidence_threshold": 0.5,
    "total_objects_detected": 1,
    "model": {"name": "yolox-nano", "version": "0.1.1", "sha256": "c7" * 32},
}
ACCEPTED: Final = {"request_id": _ID, "state": "accepted", "links": _LINKS}
VIEW: Final = {
    "request_id": _ID,
    "state": "completed",
    "accepted_at": "2026-01-15T10:30:00Z",
    "finished_at": "2026-01-15T10:30:01Z",
    "result": RESULT,
    "failure": None,
    "lane": "interactive",
    "cancel_requested_at": None,
    "replay_of": None,
    "replayed_as": None,
    "links": _LINKS,
}
DELIVERIES: Final = {
    "request_id": _ID,
    "deliveries": [
        {
            "event": "image-analyzed",
            "receiver": "hooks.example.com",
            "state": "delivered",
            "created_at": "2026-01-15T10:30:01Z",
            "next_attempt_at": None,
            "finished_at": "2026-01-15T10:30:07Z",
            "attempts_begun": 2,
            "attempts": [
                {
                    "number": 1,
                    "event": "image-analyzed",
                    "at": "2026-01-15T10:30:02Z",
                    "took_ms": 38,
                    "status": 503,
                    "error": None,
                },
                {
                    "number": 2,
                    "event": "image-analyzed",
                    "at": "2026-01-15T10:30:07Z",
                    "took_ms": 31,
                    "status": 204,
                    "error": None,
                },
            ],
        }
    ],
}
_UP: Final = {"status": "up", "latency_ms": 1.2, "meaning": "what is promised without it"}
_DOWN: Final = {**_UP, "status": "down"}
READY: Final = {
    "status": "ready",
    "dependencies": {"postgres": _UP, "bucket": _UP, "kafka": _UP, "redis": _UP},
}
UNAVAILABLE: Final = {
    "status": "unavailable",
    "dependencies": {"postgres": _DOWN, "bucket": _UP, "kafka": _UP, "redis": _UP},
}
ANALYSIS_STREAM: Final = (
    f'event: state\nid: Zk3…\nretry: 2000\ndata: {{"request_id":"{_ID}","state":"accepted",…}}\n\n'
    f'event: image-analyzed\nid: Qw8…\ndata: {{"request_id":"{_ID}","result":{{…}},…}}\n\n'
)
TENANT_STREAM: Final = (
    "event: connected\nid: Zk3…\nretry: 2000\ndata: {}\n\n"
    f'event: image-analyzed\nid: Qw8…\ndata: {{"request_id":"{_ID}","result":{{…}},…}}\n\n'
    ": ping\n\n"
)
OPENAPI: Final = {"openapi": "3.1.0", "info": {"title": "AI Image Analyzer", "version": "1"}}
ASYNCAPI: Final = {"asyncapi": "3.1.0", "info": {"title": "AI Image Analyzer: events"}}
