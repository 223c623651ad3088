"""The guarded client against real listeners on loopback addresses."""
