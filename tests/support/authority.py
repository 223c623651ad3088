"""A certificate authority of our own, and what it signs for servers on this machine."""

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_HOUR = datetime.timedelta(hours=1)


class Authority:
    """`file` holds its certificate in PEM: whoever trusts it trusts what it signs."""

    def __init__(self, folder: Path, name: str = "an authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._name = _named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "ca.pem"
        own = _unsigned(self._name, self._name, self._key, _now() - _HOUR, _now() + _HOUR)
        basic = x509.BasicConstraints(ca=True, path_length=None)
        signed = own.add_extension(basic, critical=True).sign(self._key, hashes.SHA256())
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def server(self, *names: str, is_expired: bool = False) -> ssl.SSLContext:
        """For a server that goes by these names or addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = _now() - _HOUR if is_expired else _now() + _HOUR
        plain = _unsigned(_named("a server"), self._name, key, until - 2 * _HOUR, until)
        alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
        signed = plain.add_extension(alternatives, critical=False).sign(self._key, hashes.SHA256())
        file = self._folder / f"{signed.serial_number:x}.pem"
        file.touch(mode=0o600)
        file.write_bytes(_pem(key) + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _unsigned(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    since: datetime.datetime,
    until: datetime.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
