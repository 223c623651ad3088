"""The HTTP door: takes pictures in, answers with results, streams what happens."""
