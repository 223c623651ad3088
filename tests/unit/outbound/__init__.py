"""The outbound policy without a network."""
