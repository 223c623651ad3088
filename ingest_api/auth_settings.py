"""Settings of logging in: our own tokens, and those of somebody else's issuer."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, model_validator

_Https = Annotated[str, Field(pattern=r"^https://[^\s/?#]+[^\s]*$")]


class AuthSettings(BaseModel):
    """Without a `signing_key` (PEM, Ed25519 or P-256, private) nobody logs in here; API keys work
    all the same. While keys change, `previous_key` (private or public) is the one that tokens of
    before were signed with: take it away after 15 minutes. Replicas share both.

    A session ends `session_ttl_s` after its login, however often it is refreshed.

    `oidc_issuer`, `oidc_audience` and `oidc_jwks_url`, all or none, let in tokens of that issuer:
    signed by `oidc_algorithm`, of the type `oidc_token_type`, no longer valid than
    `oidc_max_lifetime_s`. `oidc_tenant_claim` names the tenant, which must be known here, and
    `oidc_role_claim` a role, or several of which the highest counts. `oidc_allow_networks` are
    private networks where its keys may be fetched, `oidc_ca_file` the authorities (PEM) that vouch
    for where they come from, in place of the public ones.

    After `login_free_tries` in a row that failed the password of an account may be tried again
    after a second, then two, four and so on, `login_longest_wait_s` at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    signing_key: SecretStr | None = None
    previous_key: SecretStr | None = None
    issuer: Annotated[str, Field(min_length=1)] = "image-analyzer"
    audience: Annotated[str, Field(min_length=1)] = "image-analyzer"
    access_ttl_s: Annotated[int, Field(ge=30, le=900)] = 900
    session_ttl_s: Annotated[int, Field(ge=900, le=7_776_000)] = 1_209_600

    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_jwks_url: _Https | None = None
    oidc_algorithm: Literal["RS256", "ES256", "EdDSA"] = "RS256"
    oidc_token_type: Annotated[str, Field(min_length=1)] = "at+jwt"  # noqa: S105 - a type
    oidc_max_lifetime_s: Annotated[int, Field(ge=60, le=86_400)] = 3600
    oidc_tenant_claim: Annotated[str, Field(min_length=1)] = "tenant"
    oidc_role_claim: Annotated[str, Field(min_length=1)] = "role"
    oidc_allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    oidc_ca_file: FilePath | None = None

    login_free_tries: Annotated[int, Field(ge=1, le=100)] = 5
    login_longest_wait_s: Annotated[int, Field(ge=1, le=1800)] = 300

    @model_validator(mode="after")
    def _issuer_is_whole(self) -> Self:
        given = [self.oidc_issuer, self.oidc_audience, self.oidc_jwks_url]
        if any(given) and not all(given):
            raise ValueError("set all of oidc_issuer, oidc_audience and oidc_jwks_url, or none")
        if self.oidc_issuer is not None and self.oidc_issuer == self.issuer:
            raise ValueError("oidc_issuer is our own issuer: tokens would be anybody's")
        if self.previous_key is not None and self.signing_key is None:
            raise ValueError("previous_key is set, but signing_key is not")
        return self
