"""Processors as processes, on real servers: killed, stopped, cut off and fed with poison."""
