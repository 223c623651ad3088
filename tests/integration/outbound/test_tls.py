"""TLS is made with the name, though the connection was made by address."""

import datetime
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outbound.errors import BlockedAddressError, FetchFailedError
from tests.integration.outbound.clients import IMPATIENT, Names, fetcher
from tests.integration.outbound.listener import Listener, ok, redirect, replies

NAME = "images.example"


@dataclass(frozen=True, slots=True)
class Trust:
    """A server's context for NAME, a client's that trusts it, and the names clients asked for."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    asked: list[str | None]


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    pem = tmp_path_factory.mktemp("tls") / "images.pem"
    _write_certificate(pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    asked: list[str | None] = []

    def remember(_: ssl.SSLSocket | ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        asked.append(name)

    server.sni_callback = remember
    return Trust(server, ssl.create_default_context(cafile=pem), asked)


def _write_certificate(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


def names() -> Names:
    return Names(images_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]])


async def test_the_name_is_asked_for_and_verified(trust: Trust) -> None:
    async with (
        Listener(ok(b"safe"), tls=trust.server) as far,
        fetcher(resolve=names(), tls=trust.client) as client,
    ):
        fetched = await client.get(f"https://{NAME}:{far.port}/")
    assert fetched.body == b"safe"
    assert trust.asked[-1] == NAME


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
async def test_a_certificate_for_another_name_is_refused(trust: Trust, host: str) -> None:
    async with (
        Listener(ok(b"safe"), tls=trust.server) as far,
        fetcher(resolve=names(), tls=trust.client) as client,
    ):
        with pytest.raises(FetchFailedError) as caught:
            await client.get(f"https://{host}:{far.port}/")
    assert not caught.value.retryable
    assert far.received_bytes == 0


async def test_an_unknown_authority_is_refused_by_default(trust: Trust) -> None:
    async with Listener(ok(b"safe"), tls=trust.server) as far, fetcher(resolve=names()) as client:
        with pytest.raises(FetchFailedError, match="certificate"):
            await client.get(f"https://{NAME}:{far.port}/")
    assert far.received_bytes == 0


async def test_a_redirect_from_https_to_http_is_refused(trust: Trust) -> None:
    async with Listener(ok(b"plain")) as plain:
        async with (
            Listener(redirect(plain.url().encode()), tls=trust.server) as far,
            fetcher(resolve=names(), tls=trust.client) as client,
        ):
            with pytest.raises(BlockedAddressError):
                await client.get(f"https://{NAME}:{far.port}/")
        assert plain.connections == 0


async def test_a_plain_listener_behind_https_is_a_failure(trust: Trust) -> None:
    async with (
        Listener(replies(b"no")) as far,
        fetcher(resolve=names(), tls=trust.client, limits=IMPATIENT) as client,
    ):
        with pytest.raises(FetchFailedError):
            await client.get(f"https://{NAME}:{far.port}/")
        await far.all_left()
