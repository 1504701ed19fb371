"""Samples: voice detection, endpointing, playout, the frame clock, G.711, tones."""
