"""The shortening of rules, and what the table of faults may hold."""
