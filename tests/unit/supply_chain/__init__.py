"""The locks, the licences and the tree itself: only files are read."""
