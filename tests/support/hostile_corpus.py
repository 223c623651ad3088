"""What strangers send, and what each gets for it: at the door of the API, and from a decoder.

One table for every level; it names codes by their words, for the black-box tests know no others.
"""

from dataclasses import dataclass

from PIL import Image

from tests.support import hostile_images as images
from tests.support.hostile_images import Builder, encoded, gradient, jpeg, truncations

UNSUPPORTED = "image_unsupported"
TOO_LARGE = "image_too_large"
TRUNCATED = "image_truncated"
UNDECODABLE = "image_undecodable"


@dataclass(frozen=True, slots=True)
class Case:
    """`at_the_door` is what the API refuses it with by its structure, `decoded` what a child does
    that gets it by another way; None is taken, and analyzed."""

    build: Builder
    at_the_door: str | None
    decoded: str | None


def _all(door: str | None, decoded: str | None, **builders: Builder) -> dict[str, Case]:
    return {name.replace("_", " "): Case(one, door, decoded) for name, one in builders.items()}


def _magic(head: bytes) -> Builder:
    return lambda: head + bytes(1000)


NO_PICTURES = _all(
    UNSUPPORTED, UNSUPPORTED,
    text=lambda: b"TEST-FILE! this is what a scanner would find, and no picture at all",
    svg=lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    html=lambda: b"<html><script>alert(1)</script></html>",
    pdf=lambda: encoded(gradient(), "PDF"),
    eps=lambda: encoded(gradient(), "EPS"),
    tiff=lambda: encoded(gradient(), "TIFF"),
    bmp=lambda: encoded(gradient(), "BMP"),
    ico=lambda: encoded(gradient(64, 64), "ICO"),
    zip=_magic(b"PK\x03\x04"),
    gzip=_magic(b"\x1f\x8b\x08"),
    program=_magic(b"\x7fELF\x02\x01\x01"),
    heic=_magic(b"\x00\x00\x00\x18ftypheic"),
    avif=_magic(b"\x00\x00\x00\x1cftypavif"),
    jpeg_2000=_magic(b"\x00\x00\x00\x0cjP  \r\n\x87\n"),
    fits=_magic(b"SIMPLE  =                    T"),
    photoshop=_magic(b"8BPS\x00\x01"),
    magick_script=lambda: b"push graphic-context\nfill 'url(https://x.example/\"|ls \"-la)'\npop",
    zeros=lambda: bytes(100_000),
)  # fmt: skip
LARGE = _all(
    TOO_LARGE, TOO_LARGE,
    png_bomb=images.bomb_png,
    png_with_a_huge_header=images.huge_header_png,
    png_of_9000_a_side=lambda: images.png_of(9_000, 9_000, pixels=bytes(9_000 * 27_001)),
    jpeg_with_a_huge_header=lambda: images.jpeg_of_size(65_535, 65_535),
    one_side_too_long=lambda: encoded(Image.new("1", (10_001, 1)), "PNG"),
    gif_over_the_pixels=lambda: encoded(Image.new("P", (5_001, 5_000)), "GIF"),
)  # fmt: skip
LARGER_THAN_THEY_SAY = _all(
    None, TOO_LARGE,
    gif_with_a_frame_of_4_gigapixels=lambda: images.gif_with_a_frame_of(65_535, 65_535),
    gif_with_a_frame_over_the_side=lambda: images.gif_with_a_frame_of(12_000, 2),
)  # fmt: skip
ENDLESS = {
    "jpeg of 1000 scans": Case(images.many_scans_jpeg, None, UNSUPPORTED),
    "jpeg of a million segments": Case(images.many_segments_jpeg, UNSUPPORTED, UNSUPPORTED),
}
CUT = _all(
    TRUNCATED, UNDECODABLE,
    jpeg_cut_in_half=lambda: truncations(jpeg())[0],
    jpeg_less_10_bytes=lambda: truncations(jpeg())[1],
    jpeg_without_its_end=lambda: jpeg()[:-2],
    progressive_jpeg_cut_in_half=lambda: truncations(jpeg(progressive=True))[0],
    large_jpeg_less_10_bytes=lambda: truncations(encoded(gradient(3_000, 2_000), "JPEG"))[1],
    cmyk_jpeg_less_10_bytes=lambda: truncations(images.cmyk_jpeg())[1],
    jpeg_of_three_bytes=lambda: b"\xff\xd8\xff",
    png_cut_in_half=lambda: truncations(encoded(gradient(), "PNG"))[0],
    png_less_10_bytes=lambda: truncations(encoded(gradient(), "PNG"))[1],
    webp_cut_in_half=lambda: truncations(encoded(gradient(), "WEBP"))[0],
    webp_less_10_bytes=lambda: truncations(encoded(gradient(), "WEBP"))[1],
    gif_cut_in_half=lambda: truncations(encoded(gradient(), "GIF"))[0],
)  # fmt: skip
DAMAGED = _all(
    None, UNDECODABLE,
    png_with_a_64_MiB_profile=images.profile_bomb_png,
    png_with_200_texts=images.text_bomb_png,
    png_with_200_international_texts=images.international_text_bomb_png,
    png_without_pixels=lambda: images.png_of(64, 64),
    png_that_lies_about_its_size=images.lying_png,
    webp_that_lies_about_its_size=images.lying_webp,
    jpeg_of_two_headers=images.two_frame_jpeg,
    gif_with_a_frame_it_has_not=lambda: images.gif_with_a_frame_of(5_000, 5_000),
) | _all(
    UNSUPPORTED, UNDECODABLE,
    png_of_width_0=lambda: images.png_of(0, 64),
    tiff_that_calls_itself_jpeg=lambda: b"\xff\xd8\xff" + encoded(gradient(), "TIFF"),
)  # fmt: skip
INNOCENT = _all(
    None, None,
    jpeg=jpeg,
    progressive_jpeg=lambda: jpeg(progressive=True),
    jpeg_with_a_page_behind=lambda: jpeg() + b"<html><script>alert(1)</script></html>" * 100,
    jpeg_with_an_archive_behind=lambda: jpeg() + b"PK\x05\x06" + bytes(18),
    jpeg_with_a_bit_flipped=images.flipped_jpeg,
    jpeg_with_endless_exif=images.endless_exif_jpeg,
    jpeg_that_lies_about_its_size=lambda: images.jpeg_of_size(10_000, 2_500),
    grey_jpeg=lambda: encoded(gradient().convert("L"), "JPEG"),
    cmyk_jpeg=images.cmyk_jpeg,
    multi_picture_jpeg=images.multi_picture_jpeg,
    sixteen_bit_png=images.sixteen_bit_png,
    png_of_25_megapixels_and_16_bits=lambda: images.deep_png(10_000, 2_500),
    png_with_64_MiB_too_many=images.overfull_png,
    palette_with_transparency=images.palette_png,
    grey_with_alpha=lambda: encoded(gradient().convert("LA"), "PNG"),
    rgba_png=lambda: encoded(images.half_transparent(), "PNG"),
    one_bit_png=lambda: encoded(gradient().convert("1"), "PNG"),
    interlaced_png=lambda: images.interlaced_png(50, 40),
    one_pixel=lambda: encoded(gradient(1, 1), "PNG"),
    one_pixel_wide=lambda: encoded(Image.new("RGB", (1, 10_000)), "PNG"),
    one_pixel_high=lambda: encoded(Image.new("RGB", (10_000, 1)), "JPEG"),
    webp=lambda: encoded(gradient(), "WEBP"),
    webp_of_25_megapixels=images.largest_webp,
    webp_with_alpha=lambda: encoded(images.half_transparent(), "WEBP", lossless=True),
    moving_webp=lambda: encoded(
        gradient(), "WEBP", save_all=True, append_images=[Image.new("RGB", (320, 240))]
    ),
    gif=lambda: encoded(gradient(), "GIF"),
    gif_with_a_script=images.script_gif,
    endless_gif=images.endless_gif,
) | _all(UNSUPPORTED, None, png_of_an_iPhone=images.apple_png)  # fmt: skip

CORPUS: dict[str, Case] = {
    "nothing": Case(lambda: b"", "image_empty", UNSUPPORTED),
    **NO_PICTURES, **LARGE, **LARGER_THAN_THEY_SAY, **ENDLESS, **CUT, **DAMAGED, **INNOCENT,
}  # fmt: skip
