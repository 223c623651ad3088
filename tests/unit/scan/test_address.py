"""Where a clamd may be said to listen."""

import pytest
from pydantic import ValidationError

from processors.scan.address import Address, SocketPath, TcpAddress, to_address
from processors.scan.settings import ScannerSettings


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("clamd:3310", TcpAddress("clamd", 3310)),
        ("127.0.0.1:1", TcpAddress("127.0.0.1", 1)),
        ("[::1]:65535", TcpAddress("::1", 65_535)),
        ("/run/clamav/clamd.ctl", SocketPath("/run/clamav/clamd.ctl")),
    ],
)
def test_a_host_and_port_or_a_path(text: str, address: Address) -> None:
    assert to_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "clamd", "clamd:", ":3310", "clamd:0", "clamd:65536", "::1:3310", "tcp://clamd:3310",
     "run/clamd.ctl", "clamd:3310 ", "cla md:3310", "[clamd]:3310"],
)  # fmt: skip
def test_what_leads_nowhere_is_an_error_of_the_settings(text: str) -> None:
    with pytest.raises(ValidationError, match="host:port or the absolute path"):
        ScannerSettings(address=text)


def test_nothing_is_scanned_unless_told_where_and_nothing_passes_unscanned_then() -> None:
    assert ScannerSettings().address is None
    assert ScannerSettings().when_unavailable == "fail"
    assert ScannerSettings().when_found == "delete"
