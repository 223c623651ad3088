"""The example consumers on a real broker, each by the same tests."""
