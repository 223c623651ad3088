"""What only real processes can show of logs and metrics."""
