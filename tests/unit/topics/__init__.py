"""The wire and the catalog, without a broker."""
