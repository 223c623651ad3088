"""The signature against the specification's own vector, and secrets against another HKDF."""

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outbound.signature import signed_headers
from outbound.webhook_secrets import SecretSource, shown

MASTER = "a master secret of the tests, thirty-two"


def test_the_vector_of_the_specification() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers(
        b'{"test": 2432232314}',
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        secrets=[secret],
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_secret_has_its_own_signature_the_newest_first() -> None:
    secrets = [b"new" * 8, b"old" * 8]
    headers = signed_headers(b"{}", message_id="id", timestamp=7, secrets=secrets)
    expected = [
        "v1," + base64.b64encode(hmac.new(each, b"id.7.{}", hashlib.sha256).digest()).decode()
        for each in secrets
    ]
    assert headers["webhook-signature"].split(" ") == expected


def test_a_secret_is_what_another_hkdf_derives() -> None:
    about = b"image-analyzer webhooks\x00acme\x003"
    other = HKDF(algorithm=SHA256(), length=32, salt=b"", info=about).derive(MASTER.encode())
    assert SecretSource(MASTER).secret("acme", 3) == other


def test_master_tenant_and_version_each_make_another_secret() -> None:
    source = SecretSource(MASTER)
    made = {
        source.secret("acme", 1), source.secret("acme", 2), source.secret("acm", 1),
        source.secret("globex", 1), SecretSource(MASTER + "!").secret("acme", 1),
    }  # fmt: skip
    assert len(made) == 5
    assert source.secret("acme", 1) in made, "the same every time"


def test_after_a_rotation_the_one_before_signs_too_for_a_while() -> None:
    source = SecretSource(MASTER)
    first, second = source.secret("acme", 1), source.secret("acme", 2)
    assert source.signing("acme", 2, previous_too=True) == [second, first]
    assert source.signing("acme", 2, previous_too=False) == [second]
    assert source.signing("acme", 1, previous_too=True) == [first], "there is none before it"


def test_receivers_are_given_base64_behind_a_prefix() -> None:
    text = shown(SecretSource(MASTER).secret("acme", 1))
    assert text.startswith("whsec_")
    assert len(base64.b64decode(text.removeprefix("whsec_"))) == 32
