"""The addresses that clients want to be told at: what is said of one by its text alone."""

from collections.abc import Collection
from dataclasses import dataclass

from outbound.addresses import Network
from outbound.errors import InvalidUrlError
from outbound.settings import WebhookSettings
from outbound.urls import check_url


class WebhooksOffError(Exception):
    """Nobody is told anything here: there is no secret to sign with."""


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """`allow_networks` are private networks that callbacks may lead to, those of fetching;
    `own_hosts` the names of this very service, to which none may."""

    is_on: bool = False
    allow_http: bool = False
    allow_networks: Collection[Network] = ()
    own_hosts: Collection[str] = ()

    def check(self, url: str) -> str:
        """The normalised URL: by the rules of addresses to fetch, and https unless http is allowed.

        Raises WebhooksOffError, InvalidUrlError and BlockedAddressError. Where its name leads is
        judged at every delivery.
        """
        if not self.is_on:
            raise WebhooksOffError("callbacks are not taken here")
        checked = check_url(url, allow_networks=self.allow_networks, own_hosts=self.own_hosts)
        if not self.allow_http and not checked.startswith("https://"):
            raise InvalidUrlError("does not begin with https://")
        return checked


def callback_rules(
    settings: WebhookSettings,
    allow_networks: Collection[Network],
    own_hosts: Collection[str] = (),
) -> CallbackRules:
    """They know whether there is a secret, and not the secret."""
    is_on = settings.master_secret is not None
    return CallbackRules(is_on, settings.allow_http, allow_networks, own_hosts)
