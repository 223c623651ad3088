"""The product on real servers, told to refuse nobody for asking much."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.product_processes import Product, describe_product, product_command
from tests.support.services.stack import Stack

_MANY = "1000000"


@dataclass(frozen=True, slots=True)
class Rig:
    """All processes are ready."""

    product: Product

    @property
    def base_url(self) -> str:
        return self.product.base_url

    def mint_key(self, tenant: str, role: str) -> str:
        arguments = ["keys", "create", "--tenant", tenant, "--name", "fuzz", "--role", role]
        return product_command(arguments, self.product.api.environment).split()[-1]


@contextmanager
def running(folder: Path) -> Iterator[Rig]:
    """Servers and processes, stopped at the end."""
    with Stack.start(folder / "servers") as stack:
        product = describe_product(stack, folder, settings=_settings())
        try:
            product.start()
            yield Rig(product)
        finally:
            product.stop()


def _settings() -> dict[str, str]:
    """Waits are short, for a request that waits tells no more than one that does not."""
    settings = {
        "ANALYZER_API__WAIT_DEFAULT_S": "0",
        "ANALYZER_API__WAIT_MAX_S": "1",
        "ANALYZER_API__STREAM_PING_S": "0.2",
        "ANALYZER_API__METRICS_FOR": "operators",
        "ANALYZER_AUTH__SIGNING_KEY": _signing_key(),
        "ANALYZER_WEBHOOKS__MASTER_SECRET": secrets.token_urlsafe(32),
        "ANALYZER_LOG__LEVEL": "warning",
    }
    for name in ("ANONYMOUS", "LOGIN", "REFUSED"):
        settings[f"ANALYZER_LIMITS__{name}_PER_MINUTE"] = _MANY
    for name in ("PER_MINUTE", "BURST", "PER_DAY"):
        settings[f"ANALYZER_STANDARD_TIER__{name}"] = _MANY
    return settings


def _signing_key() -> str:
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
