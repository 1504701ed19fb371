"""Ways to open a gate, one module each."""
