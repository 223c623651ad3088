"""Made-up input for what reads strangers' bytes. `FUZZ_TRIES` says how much of it."""
