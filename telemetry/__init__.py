"""What a process says of itself: logs, metrics, trace context. A leaf: imports nothing of ours."""
