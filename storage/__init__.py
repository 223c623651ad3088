"""Object storage, the record in Postgres, and the cache: ports, adapters and their twins."""
