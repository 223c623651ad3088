"""Uploads that are refused: a problem naming what is wrong, and nothing stored."""

import io
from typing import Any

import httpx
import pytest

from tests.unit.ingest_api.pictures import picture, png_of_zeros
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import TwinApi

UPLOAD = "/api/v1/analyze/upload"
CAT = picture()
FORM = "multipart/form-data; boundary=b"

BAD_PICTURES = {
    "text": (b"this is no picture at all, just text", "image_unsupported"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_unsupported"),
    "pdf": (b"%PDF-1.7 and so on and on", "image_unsupported"),
    "zeros": (bytes(1000), "image_unsupported"),
    "empty": (b"", "image_empty"),
    "half a jpeg": (CAT[: len(CAT) // 2], "image_truncated"),
    "jpeg without its end": (CAT[:-2], "image_truncated"),
    "jpeg of three bytes": (CAT[:3], "image_truncated"),
    "png without its end": (picture("PNG")[:-12], "image_truncated"),
    "webp cut": (picture("WEBP")[:-10], "image_truncated"),
    "gif cut": (picture("GIF")[:-1], "image_truncated"),
}
BAD_OPTIONS = {
    "threshold below": ("confidence_threshold", "-1"),
    "threshold above": ("confidence_threshold", "1.01"),
    "threshold NaN": ("confidence_threshold", "NaN"),
    "threshold infinite": ("confidence_threshold", "Infinity"),
    "threshold huge": ("confidence_threshold", "huge"),
    "threshold 1e999": ("confidence_threshold", "1e999"),
    "threshold empty": ("confidence_threshold", ""),
    "threshold other digits": ("confidence_threshold", "٠٫٥"),  # noqa: RUF001 - other digits on purpose
    "max_objects zero": ("max_objects", "0"),
    "max_objects above": ("max_objects", "101"),
    "max_objects fraction": ("max_objects", "5.5"),
    "include_metadata word": ("include_metadata", "yes"),
    "labels unknown": ("labels", "cat,unicorn"),
    "labels empty": ("labels", ""),
    "iou": ("iou_threshold", "2"),
    "model path": ("model", "../../etc/passwd"),
    "model NUL": ("model", "a\x00b"),
    "deadline zero": ("deadline_s", "0"),
    "deadline long": ("deadline_s", "86401"),
    "too long": ("model", "a" * 5000),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
async def test_a_bad_picture(api: TwinApi, client: httpx.AsyncClient, name: str) -> None:
    body, code = BAD_PICTURES[name]
    answer = await client.post(UPLOAD, files={"image": body})
    assert problem_of(answer, 422, code)["field"] == "image"
    assert api.is_empty


@pytest.mark.parametrize(
    ("size", "limit"),
    [((13_000, 13_000), 10_000), ((10_001, 1), 10_000), ((5001, 5000), 25_000_000)],
)
async def test_too_many_pixels_are_seen_in_the_header(
    api: TwinApi, client: httpx.AsyncClient, size: tuple[int, int], limit: int
) -> None:
    bomb = png_of_zeros(*size)
    assert len(bomb) < 25_000
    body = problem_of(await client.post(UPLOAD, files={"image": bomb}), 422, "image_too_large")
    assert (body["field"], body["limit"]) == ("image", limit)
    assert str(limit) in body["detail"]
    assert api.is_empty


async def test_the_largest_pictures_pass(client: httpx.AsyncClient) -> None:
    for size in ((10_000, 2500), (5000, 5000)):
        answer = await client.post(UPLOAD, files={"image": png_of_zeros(*size)})
        assert answer.status_code == 200


@pytest.mark.parametrize("name", BAD_OPTIONS)
async def test_a_bad_option(api: TwinApi, client: httpx.AsyncClient, name: str) -> None:
    field, text = BAD_OPTIONS[name]
    answer = await client.post(UPLOAD, files={"image": CAT}, data={field: text})
    body = problem_of(answer, 422, "invalid_option")
    assert body["field"] == field
    assert body.get("allowed") or body.get("limit")
    assert api.is_empty


@pytest.mark.parametrize("name", ["tenant_id", "callback", "Image", "max_objects ", "a\nb"])
async def test_an_unknown_option(api: TwinApi, client: httpx.AsyncClient, name: str) -> None:
    answer = await client.post(UPLOAD, files={"image": CAT}, data={name: "1"})
    body = problem_of(answer, 422, "unknown_option")
    assert body["field"].isprintable()
    assert "max_objects" in body["allowed"]
    assert api.is_empty


def _part(name: str, body: bytes, *headers: str) -> bytes:
    lines = [f'Content-Disposition: form-data; name="{name}"', *headers]
    return b"--b\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + body + b"\r\n"


END = b"--b--\r\n"
FORMS: dict[str, tuple[bytes, int, str, str | None]] = {
    "two pictures": (_part("image", CAT) * 2 + END, 422, "repeated_option", "image"),
    "an option twice": (
        _part("image", CAT) + _part("max_objects", b"1") * 2 + END,
        422, "repeated_option", "max_objects",
    ),
    "no picture": (_part("max_objects", b"1") + END, 422, "image_missing", "image"),
    "declared text": (
        _part("image", CAT, "Content-Type: text/plain") + END,
        415, "content_type_unsupported", "image",
    ),
    "option not UTF-8": (
        _part("model", b"\xff\xfe") + _part("image", CAT) + END, 422, "invalid_option", "model",
    ),
    "no closing boundary": (_part("image", CAT), 400, "body_malformed", None),
    "no parts": (END, 422, "image_missing", "image"),
    "nothing": (b"", 400, "body_malformed", None),
    "not a form": (b"hello, world", 400, "body_malformed", None),
    "part without a name": (
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END, 400, "body_malformed", None,
    ),
    "part without headers": (b"--b\r\n\r\nx\r\n" + END, 400, "body_malformed", None),
    "too many parts": (
        _part("image", CAT) + _part("labels", b"cat") * 20 + END, 400, "body_malformed", None,
    ),
    "endless part header": (
        b"--b\r\nX: " + b"x" * 100_000 + b"\r\n\r\n" + END, 400, "body_malformed", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
async def test_a_broken_form(api: TwinApi, client: httpx.AsyncClient, name: str) -> None:
    content, status, code, field = FORMS[name]
    answer = await client.post(UPLOAD, content=content, headers={"Content-Type": FORM})
    body = problem_of(answer, status, code)
    assert body.get("field") == field
    assert api.is_empty


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("image/jpeg", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
        ("multipart/mixed; boundary=b", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=" + "b" * 71, 400),
    ],
)
async def test_a_wrong_content_type(
    api: TwinApi, client: httpx.AsyncClient, content_type: str, status: int
) -> None:
    answer = await client.post(UPLOAD, content=CAT, headers={"Content-Type": content_type})
    code = "content_type_unsupported" if status == 415 else "body_malformed"
    body = problem_of(answer, status, code)
    assert status == 400 or (body["field"], body["allowed"]) == (
        "Content-Type",
        "multipart/form-data",
    )
    assert api.is_empty


async def test_options_may_stand_before_and_after_the_picture(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    parts = [
        _part("labels", b"cat"), _part("image", CAT), _part("labels", b"dog, person"),
        _part("include_metadata", b"false"),
    ]  # fmt: skip
    content = b"".join(parts) + END
    answer = await client.post(UPLOAD, content=content, headers={"Content-Type": FORM})
    assert answer.status_code == 200
    (row,) = api.analyses.requests
    assert row.options.labels == ("cat", "dog", "person")
    assert row.options.include_metadata is False


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 4096])
async def test_a_form_may_come_in_any_pieces(
    api: TwinApi, client: httpx.AsyncClient, size: int
) -> None:
    whole = io.BytesIO(_part("labels", b"cat") + _part("image", CAT) + END)

    async def pieces() -> Any:
        while piece := whole.read(size):
            yield piece

    answer = await client.post(UPLOAD, content=pieces(), headers={"Content-Type": FORM})
    assert answer.status_code == 200
    assert await api.images.get(api.images.keys[0], max_bytes=10**6) == CAT


async def test_a_body_of_unknown_length_is_counted(api: TwinApi, client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        yield b"--b\r\n" + _part("image", b"")[5:-2]
        while True:
            sent += 1_000_000
            yield bytes(1_000_000)

    answer = await client.post(UPLOAD, content=endless(), headers={"Content-Type": FORM})
    assert problem_of(answer, 413, "image_too_large")["limit"] == 15_000_000
    assert sent <= 17_000_000
    assert api.is_empty


async def test_a_preamble_without_end_is_counted_too(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    async def endless() -> Any:
        yield _part("image", CAT) + END
        while True:
            yield b"\r\n" * 500_000

    answer = await client.post(UPLOAD, content=endless(), headers={"Content-Type": FORM})
    assert answer.status_code in {400, 413}
    assert api.is_empty
