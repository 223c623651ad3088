"""The page around Swagger UI, and the policy that lets a browser run exactly this."""

import base64
import hashlib
from typing import Final

_START: Final = """
window.ui = SwaggerUIBundle({
  url: "openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null,
  docExpansion: "list", defaultModelsExpandDepth: 0, persistAuthorization: false,
  tryItOutEnabled: false, displayRequestDuration: true,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"
});
"""
PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<title>AI Image Analyzer: HTTP API</title><link rel="icon" href="data:,">'
    '<link rel="stylesheet" href="docs/swagger-ui.css"></head>'
    '<body><div id="reference"></div><script src="docs/swagger-ui.js"></script>'
    f"<script>{_START}</script></body></html>"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_START.encode()).digest()).decode()
REFERENCE_CSP: Final = (
    f"default-src 'none'; script-src 'self' 'sha256-{_HASH}'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
).encode()
