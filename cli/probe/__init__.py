"""A known picture through every door, and whether what is in it comes out again."""
