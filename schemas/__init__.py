"""Everything that crosses a process boundary: events, the result document, HTTP bodies."""
