"""What the operator did with a dead letter is noted once, for one log."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from storage.letter_book import LetterBook
from storage.postgres_pool import PostgresPool

pytestmark = pytest.mark.postgres

PLACE = ("image-submitted-dlq", 3, 1042)


async def test_what_was_done_is_read_back_with_its_moment(pool: PostgresPool) -> None:
    book, made = LetterBook(pool, "a-log"), uuid4()
    assert await book.handled() == {}
    await book.note(PLACE, "replayed", made)
    await book.note(("image-submitted-dlq", 3, 1043), "discarded", None)

    handled = await book.handled()
    assert {place: (one.action, one.request_id) for place, one in handled.items()} == {
        PLACE: ("replayed", made),
        ("image-submitted-dlq", 3, 1043): ("discarded", None),
    }
    assert handled[PLACE].at.tzinfo is UTC
    assert abs(datetime.now(UTC) - handled[PLACE].at) < timedelta(minutes=1)


async def test_the_first_note_stays(pool: PostgresPool) -> None:
    book, made = LetterBook(pool, "a-log"), uuid4()
    await book.note(PLACE, "replayed", made)
    before = await book.handled()
    await book.note(PLACE, "replayed", uuid4())
    assert await book.handled() == before
    await book.note(PLACE, "discarded", None)
    assert await book.handled() == before


async def test_another_log_has_a_book_of_its_own(pool: PostgresPool) -> None:
    """After the log was wiped other letters lie at the same places."""
    await LetterBook(pool, "a-log").note(PLACE, "discarded", None)
    other = LetterBook(pool, "another-log")
    assert await other.handled() == {}
    await other.note(PLACE, "replayed", None)
    assert [one.action for one in (await other.handled()).values()] == ["replayed"]
    assert [one.action for one in (await LetterBook(pool, "a-log").handled()).values()] == [
        "discarded"
    ]
