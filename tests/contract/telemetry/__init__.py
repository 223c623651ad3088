"""What metrics can tell is what there is."""
