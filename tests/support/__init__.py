"""What tests, benchmarks and dev.sh share; nothing here imports the product."""
