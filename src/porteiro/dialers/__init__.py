"""Ways to make a resident's phone ring, one module each."""
