"""Several processes that answer calls, and the parent that divides the extensions among them."""
