"""Toxiproxy: how it is had, and where it lies. Links through it can be slow, dumb or torn."""

from tests.support.services.recipes import GoProgram

TOXIPROXY = GoProgram(
    name="toxiproxy",
    version="2.5.0",
    module="github.com/Shopify/toxiproxy/v2",
    checksum="h1:i4LPT+qrSlKNtQf5QliVjdP08GyAH8+BUIc9gT0eahc=",
    program="server",
    package="cmd/server",
)
