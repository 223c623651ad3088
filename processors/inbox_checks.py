"""What is checked of an outside producer's request before it is accepted: as strict as the API."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

from outbound.callbacks import CallbackRules, WebhooksOffError, callback_rules
from outbound.errors import BlockedAddressError, InvalidUrlError
from outbound.own_hosts import own_hosts
from outbound.settings import WebhookSettings
from outbound.urls import check_url
from processors.settings import WorkerSettings
from schemas.events import (
    ImageRequested,
    ImageRequestedInbox,
    ImageSubmitted,
    ImageSubmittedInbox,
    InboxEvent,
)
from schemas.options import AnalysisOptions
from schemas.pictures import content_type_of
from storage.errors import NotFoundError, ObjectTooLargeError
from storage.ports import ImageStore, Request
from topics.codec import Claims
from topics.errors import InvalidMessageError


@dataclass(frozen=True, slots=True)
class InboxLimits:
    """`deadline_default` and `deadline_most` count from the admission."""

    max_image_bytes: int
    deadline_default: timedelta
    deadline_most: timedelta
    fetch_allow_networks: Sequence[IPv4Network | IPv6Network]
    callbacks: CallbackRules = field(default_factory=CallbackRules)
    own_hosts: Collection[str] = ()

    @classmethod
    def of(cls, worker: WorkerSettings, webhooks: WebhookSettings | None = None) -> "InboxLimits":
        names = own_hosts(worker.own_hosts)
        return cls(
            max_image_bytes=worker.max_image_bytes,
            deadline_default=timedelta(seconds=worker.deadline_default_s),
            deadline_most=timedelta(seconds=worker.deadline_max_s),
            fetch_allow_networks=worker.fetch_allow_networks,
            callbacks=callback_rules(
                webhooks or WebhookSettings(), worker.fetch_allow_networks, names
            ),
            own_hosts=names,
        )


def check_names(event: InboxEvent, claims: Claims, tenant_id: str) -> None:
    """Key, `ce_subject` and `ce_tenantid` may be left out; what is there must be the producer's
    own. Raises InvalidMessageError."""
    if claims.keys - {f"{tenant_id}/{event.request_id}"} or claims.tenants - {tenant_id}:
        raise InvalidMessageError(
            "key_mismatch", "key, ce_subject or ce_tenantid is not of this tenant and request"
        )


def to_request(event: InboxEvent, tenant_id: str, now: datetime, limits: InboxLimits) -> Request:
    """The request as it would be accepted now. Raises InvalidMessageError."""
    deadline_at = event.deadline_at or now + limits.deadline_default
    if deadline_at > now + limits.deadline_most:
        most = int(limits.deadline_most.total_seconds())
        raise InvalidMessageError("deadline_too_far", f"deadline_at is over {most} s from now")
    options = _checked_options(event.options, limits)
    if isinstance(event, ImageRequestedInbox):
        return ImageRequested(
            request_id=event.request_id, tenant_id=tenant_id, accepted_at=now,
            deadline_at=deadline_at, options=options,
            image_url=_checked_url(event.image_url, limits),
        )  # fmt: skip
    if isinstance(event, ImageSubmittedInbox):
        return ImageSubmitted(
            request_id=event.request_id, tenant_id=tenant_id, accepted_at=now,
            deadline_at=deadline_at, options=options, object_key=event.object_key,
            sha256=event.sha256, size_bytes=event.size_bytes, content_type=event.content_type,
        )  # fmt: skip
    raise TypeError(f"no inbox carries {type(event).__name__}")


async def check_object(request: Request, images: ImageStore, limits: InboxLimits) -> None:
    """The object lies below the tenant's prefix and is what the event says: size, hash and kind.

    Raises InvalidMessageError with `object_foreign`, `object_too_large`, `object_missing` or
    `object_differs`, and StoreUnavailableError. Hole: who may write the prefix may replace the
    object afterwards; the detector compares the hash again.
    """
    if not isinstance(request, ImageSubmitted):
        return
    if not request.object_key.startswith(f"{request.tenant_id}/"):
        raise InvalidMessageError("object_foreign", "object_key is not below the tenant's prefix")
    if request.size_bytes > limits.max_image_bytes:
        raise _too_large(limits)
    picture = await _read(request.object_key, images, limits)
    wrong = [
        name
        for name, is_right in (
            ("size_bytes", len(picture) == request.size_bytes),
            ("sha256", hashlib.sha256(picture).hexdigest() == request.sha256),
            ("content_type", content_type_of(picture[:16]) == request.content_type),
        )
        if not is_right
    ]
    if wrong:
        raise InvalidMessageError("object_differs", f"the object has another {', '.join(wrong)}")


async def _read(key: str, images: ImageStore, limits: InboxLimits) -> bytes:
    try:
        return await images.get(key, max_bytes=limits.max_image_bytes)
    except NotFoundError:
        raise InvalidMessageError("object_missing", "there is no such object") from None
    except ObjectTooLargeError:
        raise _too_large(limits) from None


def _too_large(limits: InboxLimits) -> InvalidMessageError:
    return InvalidMessageError(
        "object_too_large", f"a picture may have {limits.max_image_bytes} bytes"
    )


def _checked_options(options: AnalysisOptions, limits: InboxLimits) -> AnalysisOptions:
    """With the callback as it will be called."""
    if options.callback_url is None:
        return options
    try:
        normal = limits.callbacks.check(options.callback_url)
    except WebhooksOffError as error:
        raise InvalidMessageError("webhooks_off", str(error)) from None
    except InvalidUrlError as error:
        raise InvalidMessageError("url_invalid", f"callback_url: {error}") from None
    except BlockedAddressError:
        raise InvalidMessageError(
            "address_not_allowed", "callback_url: the address may not be called"
        ) from None
    return options.model_copy(update={"callback_url": normal})


def _checked_url(url: str, limits: InboxLimits) -> str:
    try:
        return check_url(
            url, allow_networks=limits.fetch_allow_networks, own_hosts=limits.own_hosts
        )
    except InvalidUrlError as error:
        raise InvalidMessageError("url_invalid", str(error)) from None
    except BlockedAddressError:
        raise InvalidMessageError("address_not_allowed", "the address may not be fetched") from None
