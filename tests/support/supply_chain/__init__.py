"""What the product is made of, and what must not be in its tree."""
