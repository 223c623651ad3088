"""A secret in the clothes that it may wear where it leaks: as it is, quoted, encoded."""

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote, quote_plus


def forms(secret: str) -> dict[str, bytes]:
    """Each by its name. Base64 of a longer text holds one of three, as the secret begins there at
    one place of three; what its neighbours have a part in is left out."""
    raw = secret.encode()
    found = {
        "raw": raw,
        "quoted": quote(secret, safe="").encode(),
        "path": quote(secret).encode(),
        "form": quote_plus(secret).encode(),
        "json": json.dumps(secret)[1:-1].encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    for shift in range(3):
        standard = _aligned(raw, shift)
        found[f"base64/{shift}"] = standard
        found[f"base64url/{shift}"] = standard.replace(b"+", b"-").replace(b"/", b"_")
    return found


def leaks(secrets: Mapping[str, str], dump: Mapping[str, bytes]) -> list[str]:
    """`secret as form in place`, for each that is there."""
    return sorted({
        f"{name} as {form} in {place}"
        for name, secret in secrets.items()
        for form, shape in forms(secret).items()
        for place, content in dump.items()
        if shape in content
    })  # fmt: skip


def _aligned(raw: bytes, shift: int) -> bytes:
    encoded = base64.b64encode(bytes(shift) + raw)
    begin = -(-8 * shift // 6)
    end = (8 * (shift + len(raw))) // 6
    return encoded[begin:end]
