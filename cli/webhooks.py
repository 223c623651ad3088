"""What `image-analyzer webhooks` does in the database. All of it raises CommandError."""

import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from cli.api_keys import check_tenant_id, with_pool
from cli.exit_codes import CommandError, ConfigurationError
from cli.operator_audit import operator, operators_audit
from cli.settings import load_settings
from outbound.webhook_secrets import SecretSource, shown
from storage.audit import Action
from storage.deliveries import Delivery, DeliveryQuery, DeliveryStore
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.errors import NotFoundError
from storage.postgres_pool import PostgresPool
from storage.webhook_secrets_postgres import PostgresWebhookSecrets

_T = TypeVar("_T")
Place = tuple[str, UUID]
"""A tenant and a request of it: `acme/0198…`, as `webhooks list` prints it."""


def to_place(text: str) -> Place:
    """Raises ConfigurationError."""
    tenant_id, _, request_id = text.partition("/")
    try:
        return tenant_id, UUID(request_id)
    except ValueError:
        raise ConfigurationError(
            f"{text}: not a delivery; `webhooks list` prints them: TENANT/REQUEST_ID"
        ) from None


def found(query: DeliveryQuery) -> Sequence[Delivery]:
    """Without their attempts."""
    return _with_store(lambda store: store.list(query))


def one(place: Place) -> Delivery:
    delivery = _with_store(lambda store: store.find(*place))
    if delivery is None:
        raise CommandError(f"{place[0]}/{place[1]}: there is no such delivery")
    return delivery


def retried(places: Sequence[Place]) -> list[tuple[Place, bool]]:
    """Each with whether it is due now: what is delivered, or gone, is not."""

    async def act(pool: PostgresPool) -> list[tuple[Place, bool]]:
        store, outcomes = PostgresDeliveryStore(pool), []
        async with operators_audit(pool) as audit:
            for tenant_id, request_id in places:
                is_due = await store.retry(tenant_id, request_id)
                outcomes.append(((tenant_id, request_id), is_due))
                if is_due:
                    await audit.note(
                        Action.WEBHOOK_RETRIED, actor=operator(), tenant_id=tenant_id,
                        target=str(request_id),
                    )  # fmt: skip
        return outcomes

    return with_pool(act)


def rotate_secret(tenant_id: str, *, now: bool) -> str:
    """The new secret. With `now` the old one signs no more from this moment."""
    check_tenant_id(tenant_id)
    settings = load_settings(os.environ, uses={"postgres", "webhooks"}).webhooks
    if settings.master_secret is None:
        raise ConfigurationError(
            "ANALYZER_WEBHOOKS__MASTER_SECRET: is not set, and secrets are derived from it; give "
            "the one that the processes have"
        )
    source = SecretSource(settings.master_secret.get_secret_value())
    overlap = timedelta() if now else timedelta(seconds=settings.overlap_s)

    async def act(pool: PostgresPool) -> int:
        rotated = await PostgresWebhookSecrets(pool).rotate(tenant_id, overlap=overlap)
        async with operators_audit(pool) as audit:
            await audit.note(
                Action.WEBHOOK_SECRET_ROTATED, actor=operator(), tenant_id=tenant_id,
                target=tenant_id, version=rotated.version,
            )  # fmt: skip
        return rotated.version

    try:
        return shown(source.secret(tenant_id, with_pool(act)))
    except NotFoundError as error:
        raise CommandError(str(error)) from error


def _with_store(act: Callable[[DeliveryStore], Awaitable[_T]]) -> _T:
    return with_pool(lambda pool: act(PostgresDeliveryStore(pool)))
