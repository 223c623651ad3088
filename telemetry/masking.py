"""Credentials in texts that strangers choose, made unreadable: the net under the rule that nobody
writes any."""

import re
from typing import Final

_MASK: Final = "[secret]"
_LONGEST: Final = 1200
_SECRET: Final = re.compile(
    r"aia_[0-9A-Za-z]{6,}"  # an API key, whole or cut off
    r"|air_[a-z0-9_-]{1,63}\.[\w-]{6,}"  # a refresh token
    r"|eyJ[\w-]{8,}(?:\.[\w-]*)*"  # a JWT, or the head of one
    r"|whsec_[\w+/=-]{6,}"  # what signs webhooks
    r"|(?i:\b(?:bearer|basic)\s+[\w.~+/=-]{8,})"
    r"|(?<=://)[^\s/@]*@"  # user and password in an address
)


def masked(text: str) -> str:
    """The same text without what looks like a credential of ours, or one of HTTP. A password has no
    looks: it stays."""
    return _SECRET.sub(_MASK, text)


def masked_to(text: str, at_most: int) -> str:
    """Cut after it is masked: half a credential may not look like one. What a stranger writes
    beyond the 1,200th character is not read."""
    return masked(text[:_LONGEST])[:at_most]
