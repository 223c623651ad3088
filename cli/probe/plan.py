"""What is to be probed, from options and environment."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cli.api_keys import check_tenant_id
from cli.exit_codes import ConfigurationError
from cli.outside_producer import OutsideProducer
from cli.probe.api import ProbeApi
from cli.probe.http_doors import StreamDoor, UploadDoor, UrlDoor
from cli.probe.inbox_door import InboxDoor
from cli.probe.known_picture import KnownPicture, known_picture
from cli.probe.round import OpenDoor
from cli.settings import load_settings, require

KEY = "IMAGE_ANALYZER_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`picture_url` and `inbox_tenant` open the doors `url` and `inbox`."""

    base_url: str
    api_key: str
    picture: KnownPicture
    picture_url: str | None
    inbox_tenant: str | None
    timeout_s: float

    def doors(self, api: ProbeApi) -> list[OpenDoor]:
        """Raises ConfigurationError."""
        return list(self._doors(api))

    def _doors(self, api: ProbeApi) -> Iterator[OpenDoor]:
        yield UploadDoor(api, self.picture.content)
        yield StreamDoor(api, self.picture.content)
        if self.picture_url is not None:
            yield UrlDoor(api, self.picture_url)
        if self.inbox_tenant is not None:
            settings = load_settings(os.environ, uses={"kafka", "bucket"})
            bucket = require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT")
            producer = OutsideProducer(settings.kafka, self.inbox_tenant, self.api_key)
            yield InboxDoor(api, self.picture.content, producer, bucket)


def make_plan(
    *,
    url: str,
    key_file: Path | None,
    picture_url: str | None,
    inbox_tenant: str | None,
    expect: str,
    timeout_s: float,
) -> Plan:
    """Raises ConfigurationError that names the option."""
    check_address("--url", url)
    check_address("--picture-url", picture_url)
    if inbox_tenant is not None:
        check_tenant_id(inbox_tenant)
    shows = [name.strip() for name in expect.split(",")]
    if not all(shows):
        raise ConfigurationError("--expect: must be names of objects with commas between them")
    return Plan(
        base_url=url.rstrip("/"), api_key=_key(key_file, os.environ), picture=known_picture(shows),
        picture_url=picture_url, inbox_tenant=inbox_tenant, timeout_s=timeout_s,
    )  # fmt: skip


def check_address(option: str, text: str | None) -> None:
    """Raises ConfigurationError for what is given and is none; does not show it."""
    if text is None:
        return
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # brackets, or a port that is none
        is_one = False
    if not is_one:
        raise ConfigurationError(f"{option}: not an http or https address")


def _key(file: Path | None, environment: Mapping[str, str]) -> str:
    given = environment.get(KEY)
    if file is not None and given is None:
        return _checked(_read(file), "--key-file")
    if file is None and given is not None:
        return _checked(given, KEY)
    raise ConfigurationError(f"--key-file: give it or {KEY}, one of the two")


def _checked(key: str, name: str) -> str:
    """Raises ConfigurationError for what no header can carry; does not show it."""
    if not (key and key.isascii() and key.isprintable()) or " " in key:
        raise ConfigurationError(f"{name}: holds no API key")
    return key


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"--key-file: cannot read {file}: {reason}") from error
