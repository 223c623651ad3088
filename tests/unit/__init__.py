"""No I/O: pure functions and twins."""
