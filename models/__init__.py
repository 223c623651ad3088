"""Data: the model catalog, the bundled model and their licences."""
