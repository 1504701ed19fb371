"""Simulated people on the phone: for the demo, `porteiro call`, tests and benchmarks."""
