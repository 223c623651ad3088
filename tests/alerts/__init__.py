"""Alerts fired by real faults on the running product, and cleared by healing them."""
