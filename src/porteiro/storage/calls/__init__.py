"""What is written down of living calls, a file each, until their visits are recorded."""
