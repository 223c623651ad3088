"""What the tools of the supply chain write."""
