"""What the text of a URL alone gives away."""

from ipaddress import ip_network

import pytest

from outbound.errors import BlockedAddressError, InvalidUrlError
from outbound.own_hosts import own_hosts
from outbound.urls import MAX_URL_CHARS, WEB_PORTS, check_url, parse_redirect, parse_url

LOOPBACK = (ip_network("127.0.0.0/8"),)

GOOD = {
    "http://example.com": "http://example.com/",
    "https://example.com/cat.jpg": "https://example.com/cat.jpg",
    "HTTPS://Example.COM/Cat.JPG?A=b": "https://example.com/Cat.JPG?A=b",
    "https://example.com:443/a": "https://example.com/a",
    "http://example.com:80/a": "http://example.com/a",
    "http://example.com:/a": "http://example.com/a",
    "https://example.com:80/a": "https://example.com:80/a",
    "http://example.com./a": "http://example.com/a",
    "http://example.com?q": "http://example.com/?q",
    "http://example.com/a;v=1?u=http://127.0.0.1/@x#frag": (
        "http://example.com/a;v=1?u=http://127.0.0.1/@x"
    ),
    "http://example.com#@127.0.0.1/": "http://example.com/",
    "http://xn--bcher-kva.example/%C3%BC": "http://xn--bcher-kva.example/%C3%BC",
    "http://my_bucket.s3.example/a": "http://my_bucket.s3.example/a",
    "http://1.1.1.1/": "http://1.1.1.1/",
    "http://127.0.0.1.example.com/": "http://127.0.0.1.example.com/",
    "http://93.184.215.14:443/": "http://93.184.215.14:443/",
    "http://[2606:2800::1]/": "http://[2606:2800::1]/",
    "https://[2606:2800:0:0::1]:443/": "https://[2606:2800::1]/",
    "http://[::ffff:1.1.1.1]/": "http://1.1.1.1/",
}
NO_URL = [
    "",
    "example.com/cat.jpg",
    "//example.com/",
    "/etc/passwd",
    "http:",
    "http:/example.com/",
    "http://",
    "http:///a",
    "http://:80/",
    "http://?a",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "unix:///run/docker.sock",
    "http+unix://%2Frun%2Fdocker.sock/",
    " http://example.com/",
    "http://example.com/ a",
    "http://example.com/\r\nX-Evil: 1",
    "http://example.com\r\n/",
    "http://exam\tple.com/",
    "http://example.com/\x00",
    "http://example.com/\x7f",
    "http://bücher.example/",
    "http://127。0。0。1/",
    "http://１２７.0.0.1/",  # noqa: RUF001 - full-width on purpose
    "http://ⓔxample.com/",
    "http://example.com\\@127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "http://127.0.0.1%2f.example.com/",
    "http://127.0.0.%31/",
    "http://example.com%20/",
    "http://exa..mple.com/",
    "http://.example.com/",
    "http://example.com../",
    "http://-example.com/",
    "http://example.com:80:80/",
    "http://example.com:99999/",
    "http://example.com:123456/",
    "http://example.com:-80/",
    "http://example.com:8a/",
    "http://[::1/",
    "http://::1/",
    "http://[]/",
    "http://[127.0.0.1]/",
    "http://[::1]x/",
    "http://[v1.a]/",
    "http://" + "a" * 64 + ".com/",
    "http://" + "a." * 127 + "com/",
    "http://example.com/" + "a" * MAX_URL_CHARS,
]
REFUSED = [
    # userinfo
    "http://user@example.com/",
    "http://user:secret@example.com/",
    "http://example.com@127.0.0.1/",
    "http://example.com:80@127.0.0.1:80/",
    "http://@127.0.0.1/",
    "http://a@b@127.0.0.1/",
    # literals
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "HTTP://127.0.0.1:80/",
    "http://0.0.0.0/",
    "http://10.0.0.5/latest",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:7f00:1::]/",
    "http://[fec0::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[2606:2800::1%251]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    # IPv4 in the forms resolvers accept
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0X7F000001/",
    "http://0x7f.1/",
    "http://0x7f.0.0.0x1/",
    "http://0177.0.0.1/",
    "http://0177.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0x1/",
    "http://127.0.0.01/",
    "http://127.0.0.0x/",
    "http://0/",
    "http://0x/",
    "http://3232235777/",
    "http://16843009/",
    "http://1.1.1.1.1/",
    "http://256.1.1.1/",
    "http://127.1./",
    "http://%31%32%37.0.0.1/",
    # names
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://localhost:80/",
    "http://a.localhost/",
    "http://localhost.localdomain/",
    "http://ip6-localhost/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://Metadata.Google.Internal./",
    "http://metadata/",
    # ports
    "http://example.com:22/",
    "http://example.com:0/",
    "http://example.com:6379/",
    "https://example.com:8443/",
    "http://1.1.1.1:8080/",
]


@pytest.mark.parametrize(("url", "normalised"), GOOD.items())
def test_a_good_url_is_normalised_and_stays_so(url: str, normalised: str) -> None:
    assert check_url(url) == normalised
    assert check_url(normalised) == normalised


@pytest.mark.parametrize("url", NO_URL)
def test_text_that_is_no_web_url_is_invalid(url: str) -> None:
    with pytest.raises(InvalidUrlError) as caught:
        check_url(url)
    assert caught.value.code == "invalid_url"


@pytest.mark.parametrize("url", REFUSED)
def test_a_hostile_url_is_refused_by_its_text(url: str) -> None:
    with pytest.raises(BlockedAddressError):
        check_url(url)


def test_the_longest_url_passes() -> None:
    start = "http://example.com/"
    assert check_url(start + "a" * (MAX_URL_CHARS - len(start)))


def test_what_would_grow_beyond_the_longest_is_refused() -> None:
    """A path that is left out is put in."""
    start = "http://example.com?"
    assert check_url(start + "a" * (MAX_URL_CHARS - len(start) - 1))
    with pytest.raises(InvalidUrlError, match="longer than 2048"):
        check_url(start + "a" * (MAX_URL_CHARS - len(start)))


def test_the_ports_are_the_callers_to_choose() -> None:
    assert check_url("http://example.com:8080/", allowed_ports={8080})
    with pytest.raises(BlockedAddressError):
        check_url("http://example.com/", allowed_ports={8080})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/a", "http://localhost:9000/a", "http://images.corp:9000/a"]
)
def test_an_allowed_network_opens_its_ports_and_leaves_names_to_the_connection(url: str) -> None:
    assert check_url(url, allow_networks=LOOPBACK) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://1.1.1.1:9000/",
        "http://metadata.google.internal/",
        "http://2130706433/",
        "http://a@127.0.0.1/",
    ],
)
def test_an_allowed_network_opens_nothing_else(url: str) -> None:
    with pytest.raises(BlockedAddressError):
        check_url(url, allow_networks=LOOPBACK)


OWN = own_hosts(
    ("api", "[2606:4700::0:1111]", "1.1.1.1", "127.0.0.1"), "https://Analyzer.Example/x"
)


@pytest.mark.parametrize(
    "url",
    [
        "https://analyzer.example/api/v1/analyses",
        "http://ANALYZER.example.:80/",
        "http://api/",
        "http://api:9000/",
        "http://[2606:4700:0::1111]/",
        "http://1.1.1.1/",
    ],
)
def test_what_leads_back_to_this_service_is_refused(url: str) -> None:
    with pytest.raises(BlockedAddressError, match="back to this service"):
        check_url(url, allow_networks=LOOPBACK, own_hosts=OWN)
    base = parse_url("http://example.com/", allowed_ports=WEB_PORTS, allow_networks=())
    with pytest.raises(BlockedAddressError, match="back to this service"):
        parse_redirect(base, url, allowed_ports=WEB_PORTS, allow_networks=LOOPBACK, own_hosts=OWN)


@pytest.mark.parametrize(
    "url",
    [
        "https://pictures.analyzer.example/",
        "https://analyzer.example.org/",
        "https://example/",
        "https://[2606:4700::1112]/",
        "http://127.0.0.1:9000/",
    ],
)
def test_other_names_lead_elsewhere_and_an_allowed_network_stays_allowed(url: str) -> None:
    assert check_url(url, allow_networks=LOOPBACK, own_hosts=OWN) == url


REDIRECTS = {
    "/b": "https://example.com/b",
    "b?c": "https://example.com/dir/b?c",
    "../b": "https://example.com/b",
    "//other.example/b": "https://other.example/b",
    "https://other.example/b#frag": "https://other.example/b",
    "?page=2": "https://example.com/dir/a?page=2",
}


@pytest.mark.parametrize(("location", "expected"), REDIRECTS.items())
def test_a_redirect_is_resolved_against_where_it_came_from(location: str, expected: str) -> None:
    base = parse_url("https://example.com/dir/a", allowed_ports=WEB_PORTS, allow_networks=())
    following = parse_redirect(base, location, allowed_ports=WEB_PORTS, allow_networks=())
    assert str(following) == expected


@pytest.mark.parametrize(
    "location",
    [
        "http://example.com/b",
        "//127.0.0.1/",
        "https://169.254.169.254/",
        "https://user@example.com/",
        "https://example.com:22/",
        "//0x7f.1/",
    ],
)
def test_a_redirect_passes_the_same_check_and_never_leaves_tls(location: str) -> None:
    base = parse_url("https://example.com/dir/a", allowed_ports=WEB_PORTS, allow_networks=())
    with pytest.raises(BlockedAddressError):
        parse_redirect(base, location, allowed_ports=WEB_PORTS, allow_networks=())


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "gopher://x/", "ht\ttps://x/", "//[::1", "\\\\x\\y", "//[x]/"],
)
def test_a_redirect_to_no_web_url_is_invalid(location: str) -> None:
    base = parse_url("https://example.com/dir/a", allowed_ports=WEB_PORTS, allow_networks=())
    with pytest.raises(InvalidUrlError):
        parse_redirect(base, location, allowed_ports=WEB_PORTS, allow_networks=())
