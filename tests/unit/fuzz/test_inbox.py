"""Whatever a producer writes, its request is accepted or refused by a word; what is accepted can be
read by whoever works it."""

import asyncio
import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.inbox_checks import check_names, check_object, to_request
from schemas.events import InboxEvent
from storage.images_memory import MemoryImageStore
from storage.ports import Request
from tests.fuzz.damage import ODD_URLS
from tests.fuzz.tries import tries
from tests.support.events import image_requested_inbox, image_submitted_inbox, placed, record_of
from tests.unit.fuzz.records import REQUEST_ID, spoilt, timeless
from tests.unit.fuzz.test_decode import look_at
from tests.unit.processors.admission import LIMITS, PICTURE
from topics.catalog import topic_of
from topics.codec import Envelope, decode, encode_inbox
from topics.errors import InvalidMessageError
from topics.records import Record

REASONS = {
    "key_mismatch", "deadline_too_far", "url_invalid", "address_not_allowed", "object_foreign",
    "object_too_large", "object_missing", "object_differs",
}  # fmt: skip
MOST_DETAIL_BYTES = 300
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "acme/cameras/17.jpg"
GOOD = [
    timeless(placed(encode_inbox(event, "acme", source="camera", credential="a-key")))
    for event in (
        image_requested_inbox(request_id=REQUEST_ID),
        image_submitted_inbox(
            request_id=REQUEST_ID,
            object_key=KEY,
            sha256=hashlib.sha256(PICTURE).hexdigest(),
            size_bytes=len(PICTURE),
        ),
    )
]
URLS = st.one_of(
    st.sampled_from(ODD_URLS),
    st.builds("http{}://{}{}".format, st.sampled_from(["", "s"]), st.text("a0.-:[]@%", max_size=20),
              st.text("/?#%\\ aé", max_size=10)),
)  # fmt: skip
NEEDED: dict[str, st.SearchStrategy[object]] = {
    "image_url": URLS,
    "object_key": st.sampled_from([KEY, "globex/cameras/17.jpg", "acme/none", "acme"]),
    "size_bytes": st.one_of(st.integers(1, 2000), st.just(2**64)),
    "content_type": st.sampled_from(["image/jpeg", "image/png"]),
}
FIELDS = NEEDED | {
    "callback_url": URLS,
    "deadline_at": st.one_of(
        st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
        st.integers(-(2**40), 2**40),
        st.just("2026-03-01T13:00:00+01:00"),
    ),
}
EACH = pytest.mark.parametrize("good", GOOD, ids=lambda record: record.topic)


async def admitted(envelope: Envelope, images: MemoryImageStore) -> Request | None:
    """As far as it can be told without asking who the producer is."""
    event, claims = envelope.event, envelope.claims
    assert isinstance(event, InboxEvent)
    assert claims is not None
    try:
        check_names(event, claims, "acme")
        request = to_request(event, "acme", NOW, LIMITS)
        await check_object(request, images, LIMITS)
    except InvalidMessageError as error:
        refused = error
    else:
        return request
    assert refused.reason in REASONS
    assert len(str(refused).encode()) <= MOST_DETAIL_BYTES
    return None


@st.composite
def nearly_good(draw: st.DrawFn, good: Record) -> Record:
    """One or two fields have another value, which may be allowed."""
    body = json.loads(good.value or b"")
    fields = [name for name in FIELDS if name in body or name not in NEEDED]
    for name in draw(st.sets(st.sampled_from(fields), min_size=1, max_size=2)):
        if name == "callback_url":
            body["options"] = {name: draw(FIELDS[name])}
        else:
            body[name] = draw(FIELDS[name])
    return replace(good, value=json.dumps(body).encode())


async def take(record: Record) -> Request | None:
    envelope = look_at(record)
    if envelope is None:
        return None
    images = MemoryImageStore()
    await images.put(KEY, io.BytesIO(PICTURE), size_bytes=len(PICTURE), content_type="image/jpeg")
    return await admitted(envelope, images)


@EACH
@tries(120)
@given(data=st.data())
def test_a_request_with_something_wrong(good: Record, data: st.DataObject) -> None:
    request = asyncio.run(take(data.draw(st.one_of(nearly_good(good), spoilt(good)))))
    if request is not None:
        assert request.tenant_id == "acme"
        assert decode(record_of(request), topic_of(type(request))).event == request


@EACH
def test_a_good_one_is_accepted(good: Record) -> None:
    assert asyncio.run(take(good)) is not None
