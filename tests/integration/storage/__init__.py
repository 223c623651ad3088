"""What only the real database, bucket and cache can show."""
