"""The stream processors: one file each, a topic in, a topic or a store out."""
