"""That the servers of the tests stop, break and come back as the tests rely on."""
