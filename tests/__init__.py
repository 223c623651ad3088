"""The test folders: unit, contract, integration, system, and what supports them."""
