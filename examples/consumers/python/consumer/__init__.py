"""Reads the outcomes of analyses from Kafka: `python -m consumer --help`."""
