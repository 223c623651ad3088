"""Real Kafka, PostgreSQL, Redis and S3 servers, installed once and run natively."""
