"""The scan of secrets finds what is planted and lets be what is none; in this tree is nothing."""

import secrets
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from storage.key_format import mint_api_key
from tests.support.supply_chain.locks import ROOT
from tests.support.supply_chain.scanned_tree import (
    Known,
    in_history,
    in_tree,
    known_secrets,
    main,
    unknown,
)
from tests.support.supply_chain.secret_scan import find_secrets

in_a_checkout = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="this is no checkout: there is no list of its files"
)


def private_key(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes = b"") -> str:
    locked = serialization.BestAvailableEncryption(password) if password else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        locked or serialization.NoEncryption(),
    ).decode()


def random_hex() -> str:
    return secrets.token_hex(20)


def planted() -> dict[str, str]:
    """Made as the test runs: written down here, this file would be found."""
    pem = private_key(ec.generate_private_key(ec.SECP256R1()))
    locked = private_key(rsa.generate_private_key(65537, 2048), b"a password")
    word = "password"
    return {
        "a key of ours": f'headers = {{"X-Api-Key": "{mint_api_key()}"}}',
        "a private key": pem,
        "a private key under a password": locked,
        "a private key in JSON": '{"key": "' + pem.replace("\n", "\\n") + '"}',
        "a key of a cloud": "aws = AKIA" + secrets.token_hex(8).upper(),
        "a token of a forge": "url: ghp_" + secrets.token_hex(18),
        "an assignment": f'{word} = "{random_hex()}"',
        "a line of an .env": f"S3_SECRET_KEY={random_hex()}",
        "YAML": f"  api_key: {random_hex()}",
        "JSON": f'{{"client_{"secret"}": "{random_hex()}"}}',
        "a DSN": f"postgresql://analyzer:{random_hex()}@db.internal/analyzer",
        "a Redis URL": f"redis://:{random_hex()}@cache:6379/0",
    }


@pytest.mark.parametrize("what", planted())
def test_a_planted_secret_is_found_with_its_line(what: str) -> None:
    found = find_secrets(f"first line\n\n{planted()[what]}\n")
    assert found, what
    assert {one.line for one in found} <= {3, 4, 5, 6, 7}
    assert all(one.secret not in repr(one) for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "aia_" + "0" * 36,  # its check digits are wrong
        "secret = settings.api.secret.get_secret_value()",
        "password: ${POSTGRES_PASSWORD:?set it in .env}",
        "ANALYZER_POSTGRES__DSN_FILE=/run/secrets/dsn",
        "postgresql://analyzer:{password}@{host}/analyzer",
        "postgresql://analyzer:secret@db/x",
        "token = secrets.token_urlsafe(32)",
        'password = "correct horse battery staple"',
        "--hash=sha256:" + "0123456789abcdef" * 4,
        'api_key_header = "X-Analyzer-Api-Key-Of-The-Tenant"',
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" * 3,
    ],
)  # fmt: skip
def test_what_is_no_secret_is_let_be(text: str) -> None:
    assert find_secrets(text) == []


@in_a_checkout
def test_this_tree_has_no_secret() -> None:
    assert [str(place) for place in unknown(in_tree(), known_secrets(), by_file=True)] == []


@in_a_checkout
@pytest.mark.slow
def test_no_version_of_any_file_had_a_secret() -> None:
    assert [str(place) for place in unknown(in_history(), known_secrets(), by_file=False)] == []


@in_a_checkout
def test_what_is_known_is_still_there_and_explained() -> None:
    there = {(place.found.digest, place.file) for place in in_tree()}
    for one in known_secrets():
        assert (one.digest, one.file) in there, one.why
        assert len(one.why) > 20


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("ignored\n")
    return tmp_path


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false")
    subprocess.run(("git", "-C", str(root), *who, *arguments), check=True)


def test_a_secret_is_found_before_it_is_committed(checkout: Path) -> None:
    (checkout / "new.py").write_text(planted()["an assignment"])
    (checkout / "ignored").write_text(planted()["an assignment"])
    (checkout / "picture").write_bytes(b"\0" + planted()["an assignment"].encode())
    assert [place.file for place in in_tree(checkout)] == ["new.py"]


def test_a_secret_that_was_taken_away_again_is_found_in_the_history(checkout: Path) -> None:
    (checkout / "folder").mkdir()
    file = checkout / "folder" / "settings.env"
    file.write_text(f"# ours\n{planted()['a line of an .env']}\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--message", "settings")
    file.write_text("# ours\n")
    git(checkout, "commit", "--quiet", "--all", "--message", "without it")
    assert in_tree(checkout) == []
    (place,) = in_history(checkout)
    assert str(place) == f"folder/settings.env:2: random value {place.found.digest}"


def test_what_is_known_in_one_file_is_not_in_another(checkout: Path) -> None:
    for name in ("known.py", "other.py"):
        (checkout / name).write_text(planted()["an assignment"])
    places = in_tree(checkout)
    known = [Known(place.found.digest, "known.py", "a test") for place in places]
    assert [place.file for place in unknown(places, known, by_file=True)] == ["other.py"]
    assert unknown(places, known, by_file=False) == []


@in_a_checkout
def test_the_command_ends_well_where_nothing_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == ""
