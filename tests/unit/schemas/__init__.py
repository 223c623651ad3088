"""The models of the contract, and what is published of them."""
