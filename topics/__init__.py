"""What flows between the processes, and the only code that knows the wire."""
