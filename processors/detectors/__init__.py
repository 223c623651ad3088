"""Finding objects in pictures: models, decoders, and the child processes that run them."""
