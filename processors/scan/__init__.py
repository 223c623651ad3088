"""Asking a malware scanner about a picture before anything decodes it."""
