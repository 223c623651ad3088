"""What looks like a secret in a text: our own keys, private keys, keys of clouds, and values that
are assigned to names of secrets and look random."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from storage.key_format import is_well_formed

_SHAPES = {
    "private key": re.compile(
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s*(?:[A-Za-z-]+: [^\n]*\n\s*)*"
        r"(?P<secret>[A-Za-z0-9+/=\s\\n]{40,})"
    ),
    "AWS access key": re.compile(r"(?<![A-Z0-9])(?P<secret>(?:AKIA|ASIA)[A-Z0-9]{16})(?![A-Z0-9])"),
    "GitHub token": re.compile(r"(?<!\w)(?P<secret>gh[pousr]_[A-Za-z0-9]{36,})"),
    "JWT": re.compile(r"(?<!\w)(?P<secret>eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,})"),
    "password in an address": re.compile(
        r"(?i)\b[a-z][a-z0-9+]{1,20}://[^\s:/@\"'<>{}$]{0,60}:(?P<secret>[^\s/@\"'<>{}$%]{12,})@"
    ),
}
_OURS = re.compile(r"(?<!\w)aia_[0-9A-Za-z]{36}(?![0-9A-Za-z])")
_ASSIGNED = re.compile(
    r"(?i)(?:secret|passw(?:or)?d|token|api_?key|access_?key|credential|private_?key)[\w.-]{0,20}"
    r"[\"']?\s*(?:=>|[:=])\s*[\"']?(?P<secret>[A-Za-z0-9+/_~.-]{20,}={0,2})"
)
_WORDS = re.compile(r"(?:[A-Za-z]*\d{0,4}[._/~+=-]+)*[A-Za-z]*\d{0,4}")
_RANDOM_BITS = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`digest` is the SHA-256 of the secret, by which it can be named without being said."""

    kind: str
    line: int
    digest: str
    secret: str = field(repr=False)


def find_secrets(text: str) -> list[Finding]:
    return sorted(_findings(text), key=lambda found: found.line)


def _findings(text: str) -> Iterator[Finding]:
    for match in _OURS.finditer(text):
        if is_well_formed(match[0]):
            yield _found("API key of ours", text, match.start(), match[0])
    for kind, shape in _SHAPES.items():
        for match in shape.finditer(text):
            yield _found(kind, text, match.start("secret"), match["secret"])
    for match in _ASSIGNED.finditer(text):
        if _looks_random(match["secret"]):
            yield _found("random value", text, match.start("secret"), match["secret"])


def _found(kind: str, text: str, place: int, secret: str) -> Finding:
    digest = sha256(secret.encode()).hexdigest()
    return Finding(kind, text.count("\n", 0, place) + 1, digest, secret)


def _looks_random(text: str) -> bool:
    """Names, paths and versions are words, each with a number at its end at most."""
    if _WORDS.fullmatch(text) or len(re.findall(r"\d", text)) < 2:
        return False
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares) > _RANDOM_BITS
