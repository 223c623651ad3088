"""The generator's requests are valid HTTP, and no two carry the same bytes."""

from email import message_from_bytes, policy

from benchmarks.requests import Form, RequestMaker
from tests.unit.benchmarks.test_pictures import jpeg


def maker(form: Form) -> RequestMaker:
    return RequestMaker(
        [jpeg(), jpeg((1, 2, 3))], path="/there", form=form, headers=("Authorization: Bearer k",)
    )


def parts_of(request: tuple[bytes, ...]) -> tuple[list[bytes], bytes]:
    head, _, body = b"".join(request).partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def test_the_length_is_that_of_the_body() -> None:
    for form in ("multipart", "raw"):
        head, body = parts_of(maker(form).make())
        assert head[0] == b"POST /there HTTP/1.1"
        assert b"Authorization: Bearer k" in head
        assert b"Content-Length: %d" % len(body) in head


def test_the_form_has_the_picture_as_its_image_part() -> None:
    head, body = parts_of(maker("multipart").make())
    content_type = next(line for line in head if line.startswith(b"Content-Type"))

    form = message_from_bytes(content_type + b"\r\n\r\n" + body, policy=policy.default)

    (part,) = form.iter_parts()
    assert part.get_param("name", header="Content-Disposition") == "image"
    assert part.get_content().startswith(b"\xff\xd8")


def test_no_two_pictures_are_equal() -> None:
    one = maker("raw")

    assert len({parts_of(one.make())[1] for _ in range(10)}) == 10
