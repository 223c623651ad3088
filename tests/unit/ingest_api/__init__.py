"""The HTTP API on twins."""
