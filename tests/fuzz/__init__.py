"""Long runs on made-up input, each with its own command and report."""
