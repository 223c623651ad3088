"""Where a reader stands survives as text, and only that text is read."""

import pytest

from topics.positions import Positions, from_text


def test_after_a_record_the_next_offset_is_read() -> None:
    at = Positions({("image-analyzed", 0): 7})
    later = at.after("image-analyzed", 0, 7).after("analysis-failed", 2, 0)
    assert dict(later) == {("image-analyzed", 0): 8, ("analysis-failed", 2): 1}
    assert dict(at) == {("image-analyzed", 0): 7}
    assert ("analysis-failed", 2) in later
    assert ("analysis-failed", 2) not in at


def test_text_is_sorted_and_read_back() -> None:
    at = Positions({("b", 10): 5, ("b", 2): 0, ("a", 0): 12})
    assert at.to_text() == "a:0:12,b:2:0,b:10:5"
    assert from_text(at.to_text()) == at
    assert from_text("") == Positions()


@pytest.mark.parametrize(
    "text",
    [
        "a", "a:0", "a:0:1:2", "a:x:1", "a:0:1,", ",a:0:1", "a:0:1,,b:0:1", "a:0:+1", "a:0: 1",
        "a:0:1_0", "a:00:1", "a:0:٣", "b:0:1,a:0:1", "a:0:1,a:0:1", "a:0:1,a:0:2",
        "a:0:" + "9" * 5000,
    ],
)  # fmt: skip
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_text(text)
