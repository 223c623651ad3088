"""Requests to addresses that strangers choose: what is refused, and the client that refuses it."""
