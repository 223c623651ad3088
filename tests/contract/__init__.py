"""One suite for each port, run on the twin and on the real service."""
