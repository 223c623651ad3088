"""Examples of keys, users and tokens for the OpenAPI document."""

from typing import Final

_WHEN: Final = "2026-01-15T10:30:00Z"
_USER_ID: Final = "01981a5c-7d1e-7a44-9b6e-3c1f0a2b4d5e"
_KEY: Final = {
    "key_id": "key_4f8d2c6a1b3e5f70",
    "role": "analyst",
    "scopes": ["analyze", "read"],
    "expires_at": "2027-01-15T00:00:00Z",
}
KEY_WISH: Final = {
    "name": "web shop",
    "role": "analyst",
    "scopes": ["analyze", "read"],
    "networks": ["192.0.2.0/24"],
    "expires_at": "2027-01-15T00:00:00Z",
}
KEY_MADE: Final = {**_KEY, "key": "aia_(shown this once)"}
KEYS: Final = {
    "keys": [
        {
            **_KEY,
            "name": "web shop",
            "prefix": "aia_x7Qp",
            "networks": ["192.0.2.0/24"],
            "created_at": _WHEN,
            "created_by": "key_0011223344556677",
            "revoked_at": None,
            "last_used_at": None,
        }
    ]
}
USER_WISH: Final = {"username": "alice", "password": "(12 to 128 characters)", "role": "viewer"}
USER_CHANGE: Final = {"role": "analyst", "disabled": False}
USER: Final = {
    "user_id": _USER_ID,
    "username": "alice",
    "login": "alice@acme",
    "role": "viewer",
    "created_at": _WHEN,
    "disabled_at": None,
}
USERS: Final = {"users": [USER]}
PASSWORD_CHANGE: Final = {
    "current_password": "(her password)",
    "new_password": "(12 to 128 characters)",
}
LOGIN: Final = {"username": "alice@acme", "password": "(her password)"}
REFRESH: Final = {"refresh_token": "air_acme.(43 characters)"}
REVOCATION: Final = {"token": "air_acme.(43 characters)"}
TOKENS: Final = {
    "access_token": "eyJ…",
    "token_type": "Bearer",
    "expires_in": 900,
    "refresh_token": "air_acme.(43 characters)",
    "refresh_expires_at": "2026-01-29T10:30:00Z",
}
ME: Final = {
    "tenant_id": "acme",
    "credential": f"user_{_USER_ID}",
    "role": "viewer",
    "scopes": [],
    "tier": "standard",
    "user_id": _USER_ID,
}
JWKS: Final = {
    "keys": [{"alg": "EdDSA", "crv": "Ed25519", "kid": "…", "kty": "OKP", "use": "sig", "x": "…"}]
}
