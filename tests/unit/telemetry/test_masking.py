"""Credentials in other people's texts cannot be read."""

import pytest

from telemetry.masking import masked, masked_to

SECRET = "0123456789abcdefABCDEF0123456789abcdefABCDE"


@pytest.mark.parametrize(
    "text",
    [
        f"/api/v1/analyses/aia_{SECRET}",
        f"/aia_{SECRET}/x",
        f"/api/v1/analyses/air_acme.{SECRET}",
        f"/eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.{SECRET}",
        f"GET /x Bearer {SECRET}",
        f"/whsec_{SECRET}",
        f"basic {SECRET}==",
        f"https://ada:{SECRET}@example.com/x",
    ],
)
def test_a_credential_is_masked_and_the_rest_stays(text: str) -> None:
    assert SECRET[:12] not in masked(text)
    assert "[secret]" in masked(text)
    assert masked(text)[:1] == text[:1] or text.startswith("basic")


@pytest.mark.parametrize(
    "text", ["/api/v1/analyses/01981a5c-7d1e-7a44-9b6e-3c1f0a2b4d5e", "/asyncapi.json", "airport."]
)
def test_other_texts_stay(text: str) -> None:
    assert masked(text) == text


def test_what_is_cut_is_masked_before() -> None:
    path = "/" + "x" * 180 + f"/https://ada:{SECRET}@example.com/"
    assert SECRET[:4] not in masked_to(path, 200)
    assert masked_to("/" + "x" * 5000, 200) == "/" + "x" * 199
