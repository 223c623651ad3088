"""The checkers of the fault harness: a checker that cannot fail proves nothing."""
