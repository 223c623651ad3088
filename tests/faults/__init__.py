"""Faults under load, and the proof that nothing accepted was lost, doubled or swapped by them."""
