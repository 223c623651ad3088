"""Processors on twins: every outcome of a message, without a broker."""
