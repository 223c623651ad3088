"""How fast, at what cost, and with what losses: the product beside what else one would pick."""
