"""The HTTP API against its own OpenAPI document, as each kind of caller: `./dev.sh fuzz-api`."""
