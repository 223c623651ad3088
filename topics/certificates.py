"""The PEM files of a connection, read once by a process."""

import ssl
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=8)
def read_certificates(
    ca_file: Path | None, cert_file: Path | None, key_file: Path | None
) -> ssl.SSLContext:
    """Checks the other side's certificate and its name. All clients of a process show the same
    certificate, and a reconnect needs no disk; a file that has changed counts from the next start.

    Raises ValueError with one line for the person who named the file.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ValueError(f"ca_file {ca_file}: not a PEM file of certificates: {error}") from error
    if cert_file is not None:
        try:
            context.load_cert_chain(cert_file, key_file, password=_no_pass_phrase)
        except OSError as error:
            raise ValueError(
                f"cert_file {cert_file} and key_file {key_file}: not a certificate in PEM and its "
                f"key without a pass phrase: {error}"
            ) from error
    return context


def _no_pass_phrase() -> str:
    """Without it OpenSSL would ask at the terminal, and wait for ever."""
    return ""
