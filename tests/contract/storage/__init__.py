"""The ports of storage: pictures, the record, API keys and the cache."""
