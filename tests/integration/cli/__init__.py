"""The commands over the wire."""
