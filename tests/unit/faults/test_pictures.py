"""A picture tells its own number, or that it is none of ours."""

import pytest

from tests.faults.pictures import LARGEST, UnreadableError, box_of, number_in, number_of, picture_of

NUMBERS = (0, 1, 4711, 2**32 + 3, LARGEST)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_number_is_read_from_the_pixels(number: int) -> None:
    assert number_in(picture_of(number)) == number


@pytest.mark.parametrize("number", NUMBERS)
def test_a_bounding_box_carries_it_through_five_digits(number: int) -> None:
    x, y, width, height = (round(side, 5) for side in box_of(number))
    assert number_of((x, y, width, height)) == number
    assert all(0 <= side <= 1 for side in (x, y, width, height))


def test_equal_numbers_give_equal_bytes_and_others_do_not() -> None:
    assert picture_of(5) == picture_of(5) != picture_of(6)


@pytest.mark.parametrize("damage", [b"", b"no picture", picture_of(3)[:-2000]])
def test_what_is_no_picture_of_ours_is_refused(damage: bytes) -> None:
    with pytest.raises(UnreadableError):
        number_in(damage)


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        picture_of(LARGEST + 1)
