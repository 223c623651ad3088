"""The command line: every process of the product starts here, and the operator's errands."""
