"""The parts of storage that need no server."""
