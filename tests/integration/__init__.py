"""Only what the wire can show."""
